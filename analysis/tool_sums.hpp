#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace hive::analysis {

__extension__ typedef unsigned __int128 wide_uint;
__extension__ typedef __int128 wide_int;

/// Why something was not taken into the statistics.
struct refusal {
  enum class kind : uint8_t {
    invalid, ///< the value is impossible; permanent
    full     ///< a bound on what is kept is reached; permanent for this node
  };
  kind why = kind::invalid;
  std::string text; ///< names the offending thing
};

/// Parts per million of one: how rates and logarithms become integers.
inline constexpr uint64_t ppm = 1'000'000;
/// Microseconds of a second.
inline constexpr uint64_t us_per_s = 1'000'000;
/// Longest time of one task: 7 days. Anything longer is a clock error, not a coding task.
inline constexpr uint64_t max_task_time_us = 7ULL * 24 * 3600 * us_per_s;
/// Most records that one node's sums of one tool and task type hold. With it and `max_total_time_us` the sums of
/// `max_summed_origins` nodes fit their fields: success_ppm < 2^62, time_us < 2^73, time_us2 < 2^113.
inline constexpr uint64_t max_tool_records = uint64_t{1} << 32;
/// Most time that these sums hold: 292,000 years, so that it travels in 64 bits.
inline constexpr uint64_t max_total_time_us = uint64_t{1} << 63;
/// Most nodes whose sums are ever added up.
inline constexpr size_t max_summed_origins = 1'024;
/// Furthest that a log time can lie from 0: ln of 1 µs is −13.8, ln of 7 days 13.3.
inline constexpr int64_t max_log_time_ppm = 14'000'000;

/// `seconds` in whole microseconds, a half rounded away from zero. Refuses NaN, negative times and times over
/// `max_task_time_us`.
std::optional<uint64_t> to_micros(double seconds);

/// ln(seconds) of a time, in parts per million, rounded to the nearest. Times below 1 µs count as 1 µs.
int64_t log_time_ppm(uint64_t time_us);

/// What is known of one tool at one kind of task, as sums. Integers only: adding is exact, in any order and grouping,
/// and what was added can be taken out again.
struct tool_sums {
  uint64_t n = 0;           ///< records
  uint64_t success_ppm = 0; ///< successes, each counting 10^6. A HART OS peer tells a rate, not a count; so it fits in
  wide_uint time_us = 0;    ///< Σ time, µs
  wide_uint time_us2 = 0;   ///< Σ time², µs²
  wide_int log_ppm = 0;     ///< Σ ln(time in seconds), parts per million

  bool operator==(const tool_sums&) const = default;
  tool_sums& operator+=(const tool_sums& other);
  /// Takes out what was added before.
  tool_sums& operator-=(const tool_sums& other);

  /// Whole successes, rounded down.
  uint64_t successes() const {
    return success_ppm / ppm;
  }
  /// Between 0 and 1; 0 without records, as are all below.
  double success_rate() const;
  double mean_time_s() const;
  /// Standard deviation of the times in seconds, over all records (divisor n).
  double time_deviation_s() const;
  /// Geometric mean of the times in seconds: what a typical run takes where a few take very long.
  double geometric_mean_time_s() const;
};

/// The sums of a single record; `time_us` at most `max_task_time_us`.
tool_sums sums_of_record(uint64_t time_us, bool success);

/// The sums behind the averages that a HART OS peer sends: they reproduce its rate (to 10^-6) and mean time exactly;
/// its times, of which it tells no spread, count as equal. Refuses what no records can have.
std::optional<refusal> sums_of_averages(double success_rate, double avg_time_s, uint64_t sample_count, tool_sums& out);

/// Why no records of one node can have these sums, such as more successes than records.
std::optional<refusal> check_sums(const tool_sums& sums);

/// The newest outcomes of a tool, each with the number of its record among the records of its task type; from them
/// the windows of several models can be joined into the tool's.
class recent_outcomes {
public:
  static constexpr size_t capacity = 20;

  /// Appends an outcome; the oldest goes when there are more than `capacity`. Numbers must grow.
  void push(uint64_t number, bool success);
  /// Takes in the outcomes of another window, whichever are newer.
  void join(const recent_outcomes& other);

  size_t size() const {
    return size_;
  }
  size_t successes() const;
  /// Number of the newest record; 0 without any.
  uint64_t newest() const;

  /// As stored: number × 2 + success, oldest first.
  std::span<const uint64_t> packed() const {
    return {entries_.data(), size_};
  }
  /// Nothing when there are too many or their numbers do not grow.
  static std::optional<recent_outcomes> from_packed(std::span<const uint64_t> packed);

  bool operator==(const recent_outcomes& other) const;

private:
  std::array<uint64_t, capacity> entries_{};
  size_t size_ = 0;
};

} // namespace hive::analysis
