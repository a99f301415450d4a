#pragma once

#include "actors/process/child_process.hpp"

#include <sys/types.h>

namespace hive::detail {

/// A process that was forked and is about to execute its command. Whoever holds this must reap `pid`.
struct started_process {
  pid_t pid = -1;  ///< also the number of its process group
  unique_fd ended; ///< a pidfd: readable when the process has ended
  unique_fd output;
  unique_fd errors;
  unique_fd start_report; ///< a start_failure, or end of file when the command runs
};

/// What kept the command from running; written by the child as it stands in memory.
struct start_failure {
  enum step_type : int { group, limits, descriptors, workdir, execute };
  step_type step;
  int error; ///< errno
};

/// Forks. The three readable ends do not block.
caf::expected<started_process> start_process(const process_options& options);

/// The failure in people's words, naming the command.
caf::error describe(const start_failure& failure, const process_options& options);

/// `command 'name'`, as errors name it.
std::string name_of(const process_options& options);

} // namespace hive::detail
