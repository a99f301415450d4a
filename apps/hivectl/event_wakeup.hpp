#pragma once

#include "apps/hivectl/client.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace hive::ctl {

/// Follows a node's events in a thread and wakes whoever waits for a change. It is a help only: events can be lost, and
/// so can the whole stream, so the waiting one looks by itself now and then.
class event_wakeup {
public:
  /// Follows events of `kind` that mention `text`. The client is a copy of its own.
  event_wakeup(client node, const std::string& kind, std::string text);
  ~event_wakeup();
  event_wakeup(const event_wakeup&) = delete;
  event_wakeup& operator=(const event_wakeup&) = delete;

  /// Waits for an event that has not been waited for, for `longest`, or for the stop.
  void wait(std::chrono::milliseconds longest, const std::stop_token& stop);

private:
  void follow(const std::stop_token& stop);
  void wake();

  const client node_;
  const std::string path_;
  const std::string text_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool has_changed_ = false;
  std::jthread thread_; ///< last member: it uses the others
};

} // namespace hive::ctl
