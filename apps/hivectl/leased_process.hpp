#pragma once

#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace hive::ctl {

/// What a process is to run.
struct leased_program {
  std::string file;                                             ///< path of the program
  std::vector<std::string> words;                               ///< its arguments, the first its name
  std::vector<std::pair<std::string, std::string>> environment; ///< added to that of this process
};

/// A process in a group of its own that holds a lease. It has the environment of its program from the beginning, as a
/// node that looks at it will see, but waits to become the program until `start`. If this process dies before, it ends.
class leased_process {
public:
  /// `mask` has the signals that the program begins with blocked.
  static caf::expected<std::unique_ptr<leased_process>> prepare(const leased_program& program, const sigset_t& mask);
  ~leased_process();
  leased_process(const leased_process&) = delete;
  leased_process& operator=(const leased_process&) = delete;

  int pid() const {
    return pid_;
  }

  /// Becomes the program. Has no effect when the process has ended.
  void start();

  /// Sends a signal to the process's group, unless the process has ended.
  void signal(int number);

  /// Waits for the end. `on_stop` is called whenever the process was stopped, as by Ctrl-Z. The exit status as a shell
  /// has it: 128 and the signal's number if one ended it.
  int wait(const std::function<void()>& on_stop);

private:
  leased_process(int pid, unique_fd gate) : pid_{pid}, gate_{std::move(gate)} {
  }

  const int pid_;
  unique_fd gate_; ///< a byte through it starts the program
  std::mutex mutex_;
  bool has_ended_ = false; ///< the pid may be another's
};

/// Path of the program that a shell would run; empty when there is none.
std::string find_program(const std::string& name);

/// Whether this command line is that of a process which waits to become a leased program.
bool is_leased_start(int argc, char** argv);

/// Waits for the word to start, and becomes the program. Returns an exit status if that fails.
int start_leased(int argc, char** argv);

} // namespace hive::ctl
