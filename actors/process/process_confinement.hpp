#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace hive {

/// A file or directory that a child finds at a path that it may reach, wherever it really is.
struct staged_bind {
  std::string source;
  std::string target; ///< a path directly in `stage_directory`
  bool is_directory;
};

/// Where binds are staged: a file system of its own takes the place of this directory in the child's namespace of
/// mounts.
inline constexpr const char* stage_directory = "/tmp";

/// What a child does to itself before it executes its command. All but empty control groups need root.
struct process_confinement {
  std::vector<int> groups;        ///< files of control groups that take a process when "0" is written to them
  std::vector<staged_bind> binds; ///< staged in a namespace of mounts that the child makes
  bool stages = false;            ///< whether there is such a namespace
  std::optional<uid_t> user;      ///< user and group that it becomes, with no other groups; never 0
};

namespace detail {

/// The confinement in the form that the child needs: after a fork nothing may allocate.
class confinement_plan {
public:
  enum step_type : int { done, groups, staging, user };

  explicit confinement_plan(const process_confinement& confinement);

  /// In the child; async-signal-safe. The step that failed, with errno, or `done`.
  step_type apply();

private:
  bool enter_groups() const;
  bool open_sources();
  bool stage();
  bool become_user() const;

  process_confinement confinement_;
  std::vector<int> sources_; ///< the child's descriptors of the binds
};

} // namespace detail
} // namespace hive
