#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>

namespace hive {

/// The time between polls in milliseconds: 10 keeps the driver from being busy with nothing else, an hour is as good as
/// never.
inline constexpr long min_interval_ms = 10;
inline constexpr long max_interval_ms = 3'600'000;

/// The pace of the polls, which standard input sets: lines `interval N` with N in milliseconds.
class pace {
public:
  explicit pace(std::chrono::milliseconds interval) : interval_{interval} {
  }

  /// Waits until the next poll is due, `interval` after the beginning of the last one. A change takes effect at once.
  void wait(std::chrono::steady_clock::time_point last);

  /// Reads standard input to its end in a thread of its own, and then ends the process: nobody waits for reports.
  void follow_input();

private:
  void read_input();
  void obey(std::string_view line);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::milliseconds interval_;
};

/// Milliseconds in `text`, or -1.
long parse_interval_ms(std::string_view text);

} // namespace hive
