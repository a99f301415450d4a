#pragma once

#include "platform/unique_fd.hpp"

#include <functional>
#include <thread>

namespace hive {

/// The signals that mean something to a node: SIGTERM and SIGINT stop it, SIGHUP makes it read its tokens again. Some
/// others, which would end it by default and are sent by mistake or by the kernel, do nothing; docs/configuration.md
/// lists them all. Create it before any other thread, so that all threads inherit the blocked signals and this one
/// alone sees them.
class signal_watcher {
public:
  struct reactions {
    /// At the first SIGTERM or SIGINT. A second one ends the process at once, without further ado: what was
    /// acknowledged is on disk.
    std::function<void(int signal)> stop;
    std::function<void()> reload; ///< at each SIGHUP
  };

  signal_watcher();
  ~signal_watcher();
  signal_watcher(const signal_watcher&) = delete;
  signal_watcher& operator=(const signal_watcher&) = delete;

  /// Calls them from a thread of its own, also for signals that came before. To be called once.
  void watch(reactions what);

private:
  void run(const reactions& what) const;

  unique_fd signals_; ///< readable when a signal waits
  unique_fd end_;     ///< readable at the end
  std::thread thread_;
};

} // namespace hive
