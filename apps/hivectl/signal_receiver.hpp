#pragma once

#include "platform/unique_fd.hpp"

#include <csignal>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace hive::ctl {

/// Receives, in a thread, the signals that ask a program to end (SIGINT, SIGTERM, SIGHUP, SIGQUIT) or mean something to
/// it (SIGUSR1, SIGUSR2), in place of their default actions. Make it before other threads.
class signal_receiver {
public:
  signal_receiver();
  ~signal_receiver();
  signal_receiver(const signal_receiver&) = delete;
  signal_receiver& operator=(const signal_receiver&) = delete;

  /// Stopped by the first signal that asks to end.
  std::stop_token end_requested() const {
    return ending_.get_token();
  }

  /// The first signal that asked to end; 0 before one did.
  int first_end() const;

  /// The exit status of shells for an end by that signal.
  int exit_status() const {
    return 128 + first_end();
  }

  /// From now on passes all signals on, first one that already asked to end.
  void forward_to(std::function<void(int)> receiver);

  /// The signals that the process would have blocked without this.
  const sigset_t& original_mask() const {
    return original_;
  }

private:
  void run();
  void receive(int signal);

  sigset_t original_{};
  unique_fd signals_;
  unique_fd closing_; ///< an eventfd
  std::stop_source ending_;
  mutable std::mutex mutex_;
  int first_end_ = 0;
  std::function<void(int)> receiver_;
  std::thread thread_;
};

} // namespace hive::ctl
