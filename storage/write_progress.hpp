#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hive {

/// The write in flight, for monitoring the disk. One thread writes; any thread may read.
class write_progress {
public:
  void begin(size_t sets) {
    sets_ = sets;
    began_ms_ = now_ms();
  }

  void end() {
    began_ms_ = 0;
  }

  /// How long the write has been in flight; 0 when there is none.
  std::chrono::milliseconds age() const {
    auto began = began_ms_.load();
    return std::chrono::milliseconds{began == 0 ? 0 : std::max<int64_t>(now_ms() - began, 0)};
  }

  /// Number of write sets in the write.
  size_t sets() const {
    return sets_;
  }

private:
  static int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
  }

  std::atomic<int64_t> began_ms_ = 0;
  std::atomic<size_t> sets_ = 0;
};

} // namespace hive
