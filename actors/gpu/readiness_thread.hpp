#pragma once

#include "platform/unique_fd.hpp"

#include <array>
#include <caf/expected.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace hive {

/// Waits in a thread of its own until one of some descriptors is readable, so that no actor has to.
class readiness_thread {
public:
  using descriptors = std::array<int, 3>;

  /// `on_ready` is called from the thread. ec::unavailable when this process has no descriptor left.
  static caf::expected<std::unique_ptr<readiness_thread>> start(std::function<void()> on_ready);

  ~readiness_thread();
  readiness_thread(const readiness_thread&) = delete;
  readiness_thread& operator=(const readiness_thread&) = delete;

  /// Calls `on_ready` once when one of these is readable or at its end. Replaces earlier ones; -1 is ignored. Disarm
  /// before one of them is closed.
  void arm(const descriptors& sources);
  void disarm() {
    arm({-1, -1, -1});
  }

private:
  readiness_thread(std::function<void()> on_ready, unique_fd wake)
      : on_ready_{std::move(on_ready)}, wake_{std::move(wake)} {
  }

  void run();
  void wake() const;

  std::function<void()> on_ready_;
  unique_fd wake_;
  std::mutex mutex_;
  descriptors sources_{-1, -1, -1};
  bool is_ending_ = false;
  std::thread thread_;
};

} // namespace hive
