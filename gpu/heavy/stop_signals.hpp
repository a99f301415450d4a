#pragma once

#include <stop_token>
#include <thread>

namespace hive::heavy {

/// Turns SIGTERM and SIGINT into a stop request. A second signal ends the process immediately. Create it before any
/// other thread, so that all threads inherit the blocked signals. Child processes must unblock them.
class stop_signals {
public:
  stop_signals();

  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  std::stop_token token() const {
    return stop_.get_token();
  }

  /// Unblocks the signals in a child process, between fork and exec.
  static void unblock();

private:
  std::stop_source stop_;
  std::jthread watcher_;
};

} // namespace hive::heavy
