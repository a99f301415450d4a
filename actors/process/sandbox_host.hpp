#pragma once

#include "actors/process/child_process.hpp"
#include "actors/process/control_group.hpp"
#include "actors/process/run_users.hpp"
#include "actors/process/sandbox.hpp"

#include <memory>
#include <optional>

namespace hive::sandbox {

/// How this node bounds commands in sandboxes.
struct host_options {
  /// The first user that commands run as where the node runs as root, and their number. By default 64 of those that
  /// neither Debian nor systemd gives to anybody.
  uint32_t first_user = 60'800;
  uint32_t users = 64;
  /// Memory of a sandbox whose limits name none, in bytes; 0: three quarters of the machine's.
  uint64_t memory_bytes = 0;
  bool control_groups = true; ///< false: memory and processes are bounded by rlimits alone

  /// ec::invalid, naming the offending option.
  caf::error validate() const;
};

/// A command in its sandbox, ready to be started with `run_process`. It holds what the run needs; it must outlive it,
/// and its end removes the control group and gives the user back.
class prepared_run {
public:
  const process_options& process() const {
    return process_;
  }
  /// What bounds memory and processes: see name_of(group_kind).
  std::string_view bounded_by() const {
    return bounded_by_;
  }
  /// The bounds that were reached so far; see control_group.
  std::string exceeded() const {
    return group_.exceeded();
  }
  /// The user that the command runs as; 0: this process's.
  uint32_t user() const {
    return user_ ? user_->id() : 0;
  }

private:
  friend class host;

  process_confinement& confinement() {
    return *process_.confinement;
  }

  process_options process_;
  std::string_view bounded_by_;
  std::vector<unique_fd> files_; ///< the filter and the arguments, as process_ passes them
  std::optional<run_user> user_;
  control_group group_;
};

/// What this machine has to bound sandboxes with. Thread-safe: nothing of it changes.
class host {
public:
  /// Looks what there is, and removes what ended nodes left. Never fails: what cannot be had is not used.
  explicit host(host_options options);

  /// Prepares the command of `process` to run in a sandbox: its workdir and status channel are replaced, its
  /// environment is the command's. Gives the writable binds to the run's user.
  ///
  /// Fails with ec::invalid for impossible options, ec::overloaded when every user is taken, ec::unavailable when the
  /// machine refuses what it gave before, or a bind does not exist.
  caf::expected<std::unique_ptr<prepared_run>> prepare(const options& how, process_options process) const;

private:
  uint64_t memory_of(const options& how) const;
  caf::error bound(prepared_run& run, const group_limits& limits) const;
  caf::error take_user(prepared_run& run, const options& how) const;
  caf::error pass_arguments(prepared_run& run, const options& how) const;

  host_options options_;
  control_groups groups_;
  run_users users_;
  std::string filter_;
  caf::error filter_error_;
};

} // namespace hive::sandbox
