#pragma once

#include "actors/defaults.hpp"
#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <utility>
#include <vector>

namespace hive {

/// A bound that the kernel puts on a child process, see getrlimit(2).
struct resource_limit {
  int resource;
  rlim_t value;
  bool soft_only = false; ///< the hard limit stays as it is
};

/// What a child process may use unless told otherwise: it leaves no core file behind.
inline const std::vector<resource_limit> default_limits{{RLIMIT_CORE, 0}};

/// One process to run.
struct process_options {
  std::vector<std::string> command; ///< program and arguments; a program without '/' is searched on the child's PATH
  std::string workdir;              ///< where it runs; empty: the working directory of this process
  /// Added to PATH, HOME, TMPDIR (this process's own), LANG and LC_ALL (C.UTF-8), which are all that it gets. A name
  /// given twice takes the last value.
  std::vector<std::pair<std::string, std::string>> environment;
  std::chrono::milliseconds timeout{300'000};                         ///< wall time; then SIGTERM to the group
  std::chrono::milliseconds kill_grace{defaults::process_kill_grace}; ///< after SIGTERM; then SIGKILL to the group
  size_t output_cap = size_t{1} << 20; ///< bytes kept of each output stream; the rest is read and thrown away
  std::vector<resource_limit> limits = default_limits;

  /// ec::invalid with the offending part, or nothing.
  caf::error validate() const;
};

/// How a process ended and what it wrote.
struct process_result {
  int exit_status = -1; ///< as given to exit(); -1 when a signal ended it
  int signal = 0;       ///< the signal that ended it, or 0
  bool timed_out = false;
  std::string output;
  std::string errors;
  bool output_truncated = false;
  bool errors_truncated = false;
  std::chrono::microseconds duration{0};
};

/// Asks a running process to end, from any thread. Copies mean the same request.
class cancellation {
public:
  /// Fails with ec::unavailable when no descriptor is left.
  static caf::expected<cancellation> create();

  /// Ends the process that was started with this; one that starts later ends at once.
  void cancel() const;

  /// Becomes readable when cancelled.
  int descriptor() const {
    return event_->get();
  }

private:
  explicit cancellation(std::shared_ptr<const unique_fd> event) : event_{std::move(event)} {
  }

  std::shared_ptr<const unique_fd> event_;
};

/// Runs one process to its end on this thread, which must be the one that outlives it: the child is killed when this
/// thread ends. The child leads its own process group, reads from /dev/null and inherits no descriptor. When it has
/// ended, what is left of its group is killed. No zombie remains.
///
/// Not reached: descendants that leave the group (setsid). They cannot hold up the result, but they live on.
///
/// Fails with ec::process_failed when the command cannot be started (missing, not executable, bad workdir),
/// ec::unavailable when it was cancelled or this process is out of descriptors or processes, ec::invalid for options
/// that no process could have.
caf::expected<process_result> run_process(const process_options& options, const cancellation& cancel);

/// A message's seconds as the time limit of a process, rounded up; zero, which no process accepts, when they are not a
/// number above 0 and at most 24 hours.
std::chrono::milliseconds process_timeout(double seconds);

/// The name of a signal as people know it, such as `SIGSEGV`.
std::string signal_name(int signal);

} // namespace hive
