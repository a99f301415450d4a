#pragma once

#include "actors/process/child_process.hpp"

#include <sys/types.h>

namespace hive::detail {

/// A forked process that is about to execute its command. The holder must reap `pid`.
struct started_process {
  pid_t pid = -1;  ///< also the number of its process group
  unique_fd ended; ///< a pidfd: readable when the process has ended
  unique_fd output;
  unique_fd errors;
  unique_fd status;       ///< none without a status channel
  unique_fd start_report; ///< a start_failure, or end of file once the command runs
  unique_fd input;        ///< non-blocking write end; none without an input channel
  unique_fd input_reader; ///< kept so that a write after the child's end raises no SIGPIPE
};

/// Why the command could not be executed. The child writes the bytes of this struct to `start_report`.
struct start_failure {
  enum step_type : int { group, limits, control_groups, staging, user, descriptors, workdir, execute };
  step_type step;
  int error; ///< errno
};

/// Forks. The readable descriptors are non-blocking.
caf::expected<started_process> start_process(const process_options& options);

/// The error for a failure; its text names the command.
caf::error describe(const start_failure& failure, const process_options& options);

/// `command 'name'`, for error texts.
std::string name_of(const process_options& options);

} // namespace hive::detail
