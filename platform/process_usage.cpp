#include "platform/process_usage.hpp"

#include "platform/read_file.hpp"

#include <filesystem>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

namespace hive {
namespace {

constexpr size_t max_proc_bytes = 65'536;

/// The fields of /proc/self/stat from the third on (proc(5)): the second, the program's name, may contain anything.
std::istringstream stat_fields() {
  auto text = read_file("/proc/self/stat", max_proc_bytes);
  if (!text)
    return {};
  auto name_end = text->rfind(')');
  return std::istringstream{name_end == text->npos ? std::string{} : text->substr(name_end + 1)};
}

/// When the machine started, in Unix time.
double boot_time() {
  auto text = read_file("/proc/stat", size_t{8} << 20);
  if (!text)
    return 0;
  auto at = text->find("\nbtime ");
  return at == text->npos ? 0 : std::atof(text->c_str() + at + 7);
}

} // namespace

process_usage read_process_usage() {
  process_usage out;
  auto fields = stat_fields();
  auto skip = [&fields](int count) {
    for (std::string ignored; count > 0; --count)
      fields >> ignored;
  };
  double user = 0, system = 0, started = 0, resident_pages = 0;
  skip(11); // up to cmajflt
  fields >> user >> system;
  skip(4); // cutime, cstime, priority, nice
  fields >> out.threads;
  skip(1); // itrealvalue
  fields >> started >> out.virtual_bytes >> resident_pages;
  if (fields) {
    auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    out.cpu_seconds = (user + system) / ticks;
    out.resident_bytes = static_cast<uint64_t>(resident_pages) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    out.start_time = boot_time() + started / ticks;
  }
  std::error_code failed;
  for (std::filesystem::directory_iterator each{"/proc/self/fd", failed}, end; !failed && each != end;
       each.increment(failed))
    ++out.open_descriptors;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    out.max_descriptors = limit.rlim_cur;
  return out;
}

} // namespace hive
