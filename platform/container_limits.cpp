#include "platform/container_limits.hpp"

#include "platform/read_file.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <limits>
#include <sstream>

namespace hive {
namespace {

namespace fs = std::filesystem;

constexpr double no_limit = std::numeric_limits<double>::infinity();
/// Version 1 writes about 2⁶³ where there is no limit.
constexpr double least_absurd_bytes = 4.0e18;

/// Tightest limits found so far.
struct tightest {
  double processors = no_limit;
  double bytes = no_limit;
};

/// The number that a text begins with; no limit when it is `max` or anything else.
double number_in(std::string_view text) {
  double value = 0;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{} ? value : no_limit;
}

void read_v2(const fs::path& group, tightest& out) {
  auto text = read_kernel_file(group / "cpu.max"); // "150000 100000" or "max 100000"
  if (auto space = text.find(' '); space != text.npos)
    out.processors = std::min(out.processors, number_in(text) / number_in(std::string_view{text}.substr(space + 1)));
  out.bytes = std::min(out.bytes, number_in(read_kernel_file(group / "memory.max")));
}

void read_v1(const fs::path& group, tightest& out) {
  auto quota = number_in(read_kernel_file(group / "cpu.cfs_quota_us")); // -1 without a limit
  auto period = number_in(read_kernel_file(group / "cpu.cfs_period_us"));
  if (quota > 0 && quota < no_limit)
    out.processors = std::min(out.processors, quota / period);
  if (auto bytes = number_in(read_kernel_file(group / "memory.limit_in_bytes")); bytes < least_absurd_bytes)
    out.bytes = std::min(out.bytes, bytes);
}

/// Reads a group and all above it. In a container the first ones may lie outside of what it sees.
void read_upwards(const fs::path& mount, fs::path group, void (*read)(const fs::path&, tightest&), tightest& out) {
  for (group = group.relative_path();; group = group.parent_path()) {
    read(mount / group, out);
    if (group.empty())
      return;
  }
}

/// One line of /proc/self/cgroup: NUMBER:CONTROLLERS:GROUP.
void read_line(const fs::path& mounts, const std::string& line, tightest& out) {
  auto first = line.find(':'), second = line.find(':', first + 1);
  if (first == line.npos || second == line.npos)
    return;
  auto controllers = line.substr(first + 1, second - first - 1);
  fs::path group = line.substr(second + 1);
  std::istringstream names{controllers};
  for (std::string name; std::getline(names, name, ',');)
    if (name == "cpu" || name == "memory")
      for (const auto& mount : {mounts / name, mounts / controllers}) // the first is mostly a link to the second
        read_upwards(mount, group, read_v1, out);
  if (controllers.empty())
    for (const auto& mount : {mounts, mounts / "unified"})
      read_upwards(mount, group, read_v2, out);
}

} // namespace

container_limits find_container_limits(const fs::path& root) {
  constexpr double bytes_per_mib = 1 << 20;
  auto text = read_kernel_file(root / "proc/self/cgroup");
  if (text.empty())
    return {};
  tightest found;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    read_line(root / "sys/fs/cgroup", line, found);
  return {found.processors < no_limit ? fmt::format("{}", found.processors) : "none",
          found.bytes < no_limit ? fmt::format("{:.0f} MiB", found.bytes / bytes_per_mib) : "none"};
}

} // namespace hive
