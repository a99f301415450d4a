#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

namespace hive {

/// Whether a lease may still be used. Thread-safe.
class lease_status {
public:
  explicit lease_status(std::function<void(const std::string&)> on_lost) : on_lost_{std::move(on_lost)} {
  }

  bool is_lost() const {
    std::lock_guard lock{mutex_};
    return !why_.empty();
  }

  /// Empty while it may be used.
  std::string why_lost() const {
    std::lock_guard lock{mutex_};
    return why_;
  }

  /// Only the first call has an effect: it calls back.
  void lose(const std::string& why) {
    std::lock_guard one_call{calling_};
    {
      std::lock_guard lock{mutex_};
      if (!why_.empty())
        return;
      why_ = why;
    }
    if (auto call = on_lost_)
      call(why);
  }

  /// The connection over which it was taken is lost, so that it has ended.
  void end(const std::string& why) {
    has_ended_ = true;
    lose(why);
  }

  bool has_ended() const {
    return has_ended_;
  }

  /// Calls back no more. Waits for a call in progress, unless it comes from there.
  void silence() {
    std::lock_guard no_call{calling_};
    on_lost_ = nullptr;
  }

private:
  mutable std::mutex mutex_;
  std::string why_;
  std::atomic<bool> has_ended_ = false;
  std::recursive_mutex calling_; ///< held during the call; the callback may give the lease back
  std::function<void(const std::string&)> on_lost_;
};

} // namespace hive
