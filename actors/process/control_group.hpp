#pragma once

#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hive::sandbox {

/// Which form of control groups bounds memory and processes here.
enum class group_kind : uint8_t {
  none, ///< neither can be used
  v2,   ///< one hierarchy with the controllers memory and pids
  v1,   ///< a hierarchy each for memory and pids
};

/// `cgroup v2`, `cgroup v1`, or `rlimits`, which bound what control groups do not.
std::string_view name_of(group_kind kind);

/// Bounds of all processes of a run together.
struct group_limits {
  uint64_t memory_bytes;
  uint64_t processes; ///< processes and threads
};

/// The control group of one run. The destructor removes it; until then its processes must have ended.
class control_group {
public:
  control_group() = default;
  control_group(control_group&&) noexcept = default;
  control_group& operator=(control_group&&) noexcept = default;
  ~control_group();

  /// Descriptors of the files that take a process when "0" is written to them.
  std::vector<int> entrances() const;

  /// The bounds that were reached so far: `memory`, `processes`, both with a comma between them, or nothing.
  std::string exceeded() const;

private:
  friend class control_groups;

  group_kind kind_ = group_kind::none;
  std::vector<std::filesystem::path> directories_; ///< one; with v1 that of memory and that of pids
  std::vector<unique_fd> entrances_;
};

/// Makes control groups for runs, where the machine lets this process do so.
class control_groups {
public:
  /// Tries version 2, then version 1: in the group of this process, in the one above it, and at the root. Removes what
  /// ended nodes left there. Never fails: where nothing works, kind() is `none`.
  static control_groups find();

  /// Like `find`, with other files than /proc/self/mountinfo and /proc/self/cgroup, for tests.
  static control_groups find(const std::filesystem::path& mounts, const std::filesystem::path& own);

  group_kind kind() const {
    return kind_;
  }

  /// ec::unavailable when the kernel refuses.
  caf::expected<control_group> make(const group_limits& limits) const;

private:
  group_kind kind_ = group_kind::none;
  std::vector<std::filesystem::path> parents_; ///< as control_group's directories
};

} // namespace hive::sandbox
