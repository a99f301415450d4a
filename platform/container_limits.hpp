#pragma once

#include <filesystem>
#include <string>

namespace hive {

/// What control groups allow this process, as a container's runtime sets it: the tightest limit of its group and of
/// those above it. `none` without a limit, empty when it is not known.
struct container_limits {
  std::string processors; ///< such as `2.5`
  std::string memory;     ///< such as `4096 MiB`
};

/// Reads /proc/self/cgroup and the groups below /sys/fs/cgroup, of version 1, 2 or both. `root` stands for / in tests.
container_limits find_container_limits(const std::filesystem::path& root = "/");

} // namespace hive
