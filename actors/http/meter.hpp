#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace hive::http {

/// A sum of shares. Each share is owned by the object that it counts and disappears with it, so the sum cannot drift.
/// Thread-safe.
class meter {
public:
  class share {
  public:
    share() = default;

    share(std::shared_ptr<meter> of, size_t amount) : of_{std::move(of)}, amount_{amount} {
      of_->add(amount_);
    }

    share(share&& other) noexcept : of_{std::move(other.of_)}, amount_{std::exchange(other.amount_, 0)} {
    }

    share& operator=(share&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(amount_, other.amount_);
      other.release();
      return *this;
    }

    ~share() {
      release();
    }

    size_t amount() const {
      return amount_;
    }

    void set(size_t amount) {
      of_->add(amount);
      of_->subtract(std::exchange(amount_, amount));
    }

    void release() {
      if (of_)
        of_->subtract(std::exchange(amount_, 0));
      of_ = nullptr;
    }

  private:
    std::shared_ptr<meter> of_;
    size_t amount_ = 0;
  };

  size_t total() const {
    return total_;
  }

  /// Waits until the sum is zero; false after `limit`.
  bool wait_zero(std::chrono::milliseconds limit) {
    std::unique_lock lock{mutex_};
    return zero_.wait_for(lock, limit, [this] { return total_ == 0; });
  }

private:
  void add(size_t amount) {
    total_ += amount;
  }

  void subtract(size_t amount) {
    if (amount == 0 || (total_ -= amount) != 0)
      return;
    std::lock_guard lock{mutex_}; // otherwise the waiter could miss it between its check and its wait
    zero_.notify_all();
  }

  std::atomic<size_t> total_ = 0;
  std::mutex mutex_;
  std::condition_variable zero_;
};

} // namespace hive::http
