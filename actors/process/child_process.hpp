#pragma once

#include "actors/defaults.hpp"
#include "actors/process/process_confinement.hpp"
#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <utility>
#include <vector>

namespace hive {

/// A resource limit of a child process, see getrlimit(2).
struct resource_limit {
  int resource;
  rlim_t value;
  bool soft_only = false;  ///< keeps the hard limit
  bool lower_only = false; ///< where the hard limit is lower, that one holds
};

/// Default limits of a child process: no core files.
inline const std::vector<resource_limit> default_limits{{RLIMIT_CORE, 0}};

/// The descriptor on which a child with a status channel reports about itself, as bubblewrap's --json-status-fd does.
inline constexpr int child_status_fd = 4;
/// The first of the descriptors that a child with a status channel is passed.
inline constexpr int first_passed_fd = 5;

/// A process to run.
struct process_options {
  std::vector<std::string> command; ///< program and arguments; a program without '/' is searched in the child's PATH
  std::string workdir;              ///< working directory; empty: this process's
  /// Added to the child's otherwise minimal environment: PATH, HOME and TMPDIR of this process, LANG and LC_ALL
  /// (C.UTF-8). The last value of a duplicate name wins.
  std::vector<std::pair<std::string, std::string>> environment;
  std::chrono::milliseconds timeout{300'000};                         ///< wall time before SIGTERM to the group
  std::chrono::milliseconds kill_grace{defaults::process_kill_grace}; ///< time from SIGTERM to SIGKILL to the group
  size_t output_cap = size_t{1} << 20; ///< bytes kept of each output stream; the rest is read and discarded
  bool status_channel = false;         ///< gives the child `child_status_fd`, whose text becomes the result's status
  bool keep_end = false;               ///< keeps the last bytes of each output stream instead of the first ones
  bool input_channel = false;          ///< gives the child a pipe as standard input; for start_process
  /// Read by the child on its standard input; without it, the child reads from /dev/null. A child that does not read it
  /// is no error.
  std::string input;
  std::vector<resource_limit> limits = default_limits;
  std::vector<int> passed; ///< descriptors that the child gets as first_passed_fd and up; needs a status channel
  std::optional<process_confinement> confinement;

  /// ec::invalid, naming the offending option.
  caf::error validate() const;
};

/// How a process ended, and its output.
struct process_result {
  int exit_status = -1; ///< as passed to exit(); -1 when a signal ended it
  int signal = 0;       ///< the signal that ended it, or 0
  bool timed_out = false;
  std::string output;
  std::string errors;
  std::string status; ///< written to the status channel; at most defaults::max_process_status_bytes
  bool output_truncated = false;
  bool errors_truncated = false;
  bool left_processes = false; ///< processes of the group still ran defaults::process_group_end after they were killed
  std::chrono::microseconds duration{0};
  std::chrono::microseconds processor_time{0}; ///< of the process and of those descendants that were waited for
};

/// Asks a running process to end; thread-safe. Copies share the same request.
class cancellation {
public:
  /// ec::unavailable when this process has no file descriptor left.
  static caf::expected<cancellation> create();

  /// Ends the process that was started with this object; any that is started with it later ends immediately.
  void cancel() const;

  /// Becomes readable on cancellation.
  int descriptor() const {
    return event_->get();
  }

private:
  explicit cancellation(std::shared_ptr<const unique_fd> event) : event_{std::move(event)} {
  }

  std::shared_ptr<const unique_fd> event_;
};

/// Runs one process to its end. The calling thread must outlive the process: the child is killed when this thread ends.
/// The child leads its own process group, reads from /dev/null and inherits no descriptors. When it has ended, the rest
/// of its group is killed, and gone when this returns, except for what `left_processes` tells. No zombies remain.
///
/// Descendants that leave the group (setsid) are not reached: they cannot delay the result, but they survive. They do
/// not where the status channel names the first process of a PID namespace, as bubblewrap's does: SIGTERM then goes to
/// the process group of the command in the namespace, which bubblewrap would not pass on, and all processes of the
/// namespace have ended when this returns.
///
/// Fails with ec::process_failed when the command cannot be started (missing, not executable, bad workdir),
/// ec::unavailable on cancellation or when this process is out of descriptors or processes, ec::invalid for impossible
/// options.
caf::expected<process_result> run_process(const process_options& options, const cancellation& cancel);

/// Converts seconds from a message to the time limit of a process, rounded up. Values that are not above 0 and at most
/// 24 hours give zero, which is no valid limit.
std::chrono::milliseconds process_timeout(double seconds);

/// The conventional name of a signal, such as `SIGSEGV`.
std::string signal_name(int signal);

} // namespace hive
