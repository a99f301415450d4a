#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hive {

/// How long the writes of a database took, since it was opened.
struct write_durations {
  static constexpr std::array bounds_s{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0};

  std::array<uint64_t, bounds_s.size() + 1> counts{}; ///< up to each bound, without those before; the last: beyond
  double seconds = 0;                                 ///< of all of them
};

/// The writes of a database, for monitoring the disk. One thread writes; any thread may read.
class write_progress {
public:
  void begin(size_t sets) {
    sets_ = sets;
    began_us_ = now_us();
  }

  void end() {
    auto took = now_us() - began_us_.exchange(0);
    auto bound = std::ranges::lower_bound(write_durations::bounds_s, static_cast<double>(took) / 1e6);
    auto& count = counts_[static_cast<size_t>(bound - write_durations::bounds_s.begin())];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    total_us_.store(total_us_.load(std::memory_order_relaxed) + took, std::memory_order_relaxed);
  }

  /// How long the write has been in flight; 0 when there is none.
  std::chrono::milliseconds age() const {
    auto began = began_us_.load();
    return std::chrono::milliseconds{began == 0 ? 0 : std::max<int64_t>(now_us() - began, 0) / 1'000};
  }

  write_durations durations() const {
    write_durations out;
    for (size_t i = 0; i < counts_.size(); ++i)
      out.counts[i] = counts_[i].load(std::memory_order_relaxed);
    out.seconds = static_cast<double>(total_us_.load(std::memory_order_relaxed)) / 1e6;
    return out;
  }

  /// Number of write sets in the write.
  size_t sets() const {
    return sets_;
  }

private:
  static int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
  }

  std::atomic<int64_t> began_us_ = 0; ///< 0: no write is in flight
  std::atomic<size_t> sets_ = 0;
  std::array<std::atomic<uint64_t>, write_durations::bounds_s.size() + 1> counts_{};
  std::atomic<int64_t> total_us_ = 0;
};

} // namespace hive
