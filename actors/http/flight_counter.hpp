#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace hive::http {

/// Counts what has begun and not ended, and lets one wait for the last.
class flight_counter {
public:
  void begin() {
    ++count_;
  }

  void end() {
    if (--count_ != 0)
      return;
    std::lock_guard lock{mutex_}; // or the waiter could miss it between its look and its sleep
    idle_.notify_all();
  }

  size_t count() const {
    return count_;
  }

  /// Whether the count reached zero within `limit`.
  bool wait_idle(std::chrono::milliseconds limit) {
    std::unique_lock lock{mutex_};
    return idle_.wait_for(lock, limit, [this] { return count_ == 0; });
  }

private:
  std::atomic<size_t> count_ = 0;
  std::mutex mutex_;
  std::condition_variable idle_;
};

} // namespace hive::http
