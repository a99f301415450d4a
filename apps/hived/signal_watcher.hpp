#pragma once

#include "platform/unique_fd.hpp"

#include <chrono>
#include <functional>
#include <thread>

namespace hive {

/// Handles the signals that concern a node: SIGTERM and SIGINT stop it, SIGHUP reloads its tokens. Some others, which
/// would end the process by default and are sent by mistake or by the kernel, are ignored;
/// docs/reference/configuration.md lists all. Create it before any other thread, so that all threads inherit the
/// blocked signals and only this one receives them.
class signal_watcher {
public:
  struct reactions {
    /// Called at the first SIGTERM or SIGINT. A second one ends the process immediately; acknowledged writes are on
    /// disk.
    std::function<void(int signal)> stop;
    std::function<void()> reload; ///< at each SIGHUP
    std::function<void()> look;   ///< between the signals, every `look_every`
    std::chrono::milliseconds look_every{60'000};
  };

  signal_watcher();
  ~signal_watcher();
  signal_watcher(const signal_watcher&) = delete;
  signal_watcher& operator=(const signal_watcher&) = delete;

  /// Starts a thread that calls these functions, also for signals that are already pending. Call it once.
  void watch(reactions what);

private:
  void run(const reactions& what) const;

  unique_fd signals_; ///< readable when a signal is pending
  unique_fd end_;     ///< readable when the watcher must end
  std::thread thread_;
};

} // namespace hive
