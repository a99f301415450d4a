#include "apps/hivectl/files.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "messages/ec.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <sys/stat.h>

namespace hive::ctl {
namespace {

struct close_file {
  void operator()(std::FILE* file) const {
    if (file != stdin)
      (void)std::fclose(file); // the file was only read, or its failure is reported already
  }
};

using file_handle = std::unique_ptr<std::FILE, close_file>;

/// Removes a truncated file, which could be mistaken for a complete one. Devices and pipes are kept.
void discard(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode))
    (void)std::remove(path.c_str()); // the failed write is reported instead
}

} // namespace

caf::expected<std::string> read_file(const std::string& path, size_t max_bytes) {
  auto name = path == "-" ? std::string{"standard input"} : path;
  file_handle file{path == "-" ? stdin : std::fopen(path.c_str(), "rb")};
  if (!file)
    return fail_as(exit_status::file_failed, "cannot open " + name + ": " + errno_text(errno));
  std::string content;
  char buffer[1 << 16];
  while (auto count = std::fread(buffer, 1, sizeof buffer, file.get())) {
    if (content.size() + count > max_bytes)
      return fail(ec::too_large, name + " is larger than " + std::to_string(max_bytes) + " bytes");
    content.append(buffer, count);
  }
  if (std::ferror(file.get()))
    return fail_as(exit_status::file_failed, "cannot read " + name + ": " + errno_text(errno));
  return content;
}

caf::expected<void> write_file(const std::string& path, std::string_view content) {
  file_handle file{std::fopen(path.c_str(), "wb")};
  if (!file)
    return fail_as(exit_status::file_failed, "cannot write " + path + ": " + errno_text(errno));
  bool written = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  // Closing the file flushes its last bytes, so success is only known afterwards.
  written = std::fclose(file.release()) == 0 && written;
  if (written)
    return caf::unit;
  auto why = errno_text(errno);
  discard(path);
  return fail_as(exit_status::file_failed, "cannot write " + path + ": " + why);
}

} // namespace hive::ctl
