#include "tests/support/process_memory.hpp"

#include <fstream>
#include <malloc.h>
#include <string>

namespace hive {
namespace {

/// A line of /proc/self/status that is in kB, in bytes.
std::optional<size_t> from_status(const std::string& name) {
  constexpr size_t bytes_per_kb = 1024;
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":"))
      return std::stoull(line.substr(name.size() + 1)) * bytes_per_kb;
  return std::nullopt;
}

/// Makes the highest resident size the present one.
bool reset_peak() {
  std::ofstream reset{"/proc/self/clear_refs"};
  return static_cast<bool>(reset << "5" << std::flush);
}

} // namespace

std::optional<size_t> peak_growth(const std::function<void()>& work) {
  malloc_trim(0); // so that no memory freed before is used again unseen
  auto before = from_status("VmRSS");
  if (!before || !reset_peak())
    return std::nullopt;
  work();
  auto peak = from_status("VmHWM");
  if (!peak)
    return std::nullopt;
  return *peak > *before ? *peak - *before : 0;
}

} // namespace hive
