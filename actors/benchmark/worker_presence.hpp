#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace hive {

/// Which adapters have a worker now, for lists: written by the worker pool, read by the registry. Thread-safe.
class worker_presence {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Replaces what is known: each adapter with the time until which it has a worker.
  void set(std::map<std::string, time_point> served_until) {
    std::lock_guard lock{mutex_};
    served_until_ = std::move(served_until);
  }

  /// Why the adapter would be skipped now; empty when it has a worker.
  std::string unavailable_reason(const std::string& adapter, time_point now) const {
    std::lock_guard lock{mutex_};
    auto found = served_until_.find(adapter);
    return found != served_until_.end() && found->second > now ? std::string{} : "no worker for " + adapter;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, time_point> served_until_;
};

} // namespace hive
