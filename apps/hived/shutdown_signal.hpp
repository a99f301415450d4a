#pragma once

#include <functional>
#include <thread>

namespace hive {

/// Waits for SIGINT and SIGTERM. Create it before any other thread, so that all threads inherit the blocked signals and
/// this one alone sees them. A second signal ends the process at once, without further ado: what was acknowledged is on
/// disk.
class shutdown_signal {
public:
  shutdown_signal();
  ~shutdown_signal();
  shutdown_signal(const shutdown_signal&) = delete;
  shutdown_signal& operator=(const shutdown_signal&) = delete;

  /// Calls `on_first` from a thread of its own at the first signal. To be called once.
  void watch(std::function<void(int signal)> on_first);

private:
  std::thread watcher_;
};

} // namespace hive
