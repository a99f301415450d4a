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

/// Why data was not added to the statistics.
struct refusal {
  enum class kind : uint8_t {
    invalid, ///< the value is impossible; permanent
    full     ///< a bound is reached; permanent for this node
  };
  kind why = kind::invalid;
  std::string text; ///< names the offending thing

  static refusal invalid(std::string text) {
    return {kind::invalid, std::move(text)};
  }
  static refusal full(std::string text) {
    return {kind::full, std::move(text)};
  }
};

/// Parts per million: the integer scale of rates and logarithms.
inline constexpr uint64_t ppm = 1'000'000;
/// Microseconds per second.
inline constexpr uint64_t us_per_s = 1'000'000;
/// Longest time of one task: 7 days. Longer times indicate a clock error.
inline constexpr uint64_t max_task_time_us = 7ULL * 24 * 3600 * us_per_s;
/// Upper bound on a node's records per tool and task type. Together with `max_total_time_us` it makes the sums of
/// `max_summed_origins` nodes fit their fields: success_ppm < 2^62, time_us < 2^73, time_us2 < 2^113.
inline constexpr uint64_t max_tool_records = uint64_t{1} << 32;
/// Upper bound on the sum of times: 292,000 years, so that it fits 64 bits on the wire.
inline constexpr uint64_t max_total_time_us = uint64_t{1} << 63;
/// Upper bound on the number of nodes whose sums are added up.
inline constexpr size_t max_summed_origins = 1'024;
/// Bound on |ln(time)|: ln of 1 µs is −13.8, ln of 7 days 13.3.
inline constexpr int64_t max_log_time_ppm = 14'000'000;

/// Converts seconds to whole microseconds, halves rounded away from zero. Nothing for NaN, negative times and times
/// over `max_task_time_us`.
std::optional<uint64_t> to_micros(double seconds);

/// ln(seconds) in parts per million, rounded to nearest. Times below 1 µs count as 1 µs.
int64_t log_time_ppm(uint64_t time_us);

/// Statistics of one tool for one task type, as integer sums: addition is exact, in any order and grouping, and can be
/// undone.
struct tool_sums {
  uint64_t n = 0;           ///< records
  uint64_t success_ppm = 0; ///< successes × 10^6; finer than a count, because HART OS peers send a rate
  wide_uint time_us = 0;    ///< Σ time, µs
  wide_uint time_us2 = 0;   ///< Σ time², µs²
  wide_int log_ppm = 0;     ///< Σ ln(time in seconds), parts per million

  bool operator==(const tool_sums&) const = default;
  tool_sums& operator+=(const tool_sums& other);
  /// Subtracts sums that were added before.
  tool_sums& operator-=(const tool_sums& other);

  /// Whole successes, rounded down.
  uint64_t successes() const {
    return success_ppm / ppm;
  }
  /// Between 0 and 1. This and all figures below are 0 when there are no records.
  double success_rate() const;
  double mean_time_s() const;
  /// Standard deviation of the times in seconds, over all records (divisor n).
  double time_deviation_s() const;
  /// Geometric mean of the times in seconds: a typical run's time, robust against a few very long ones.
  double geometric_mean_time_s() const;
};

/// The sums of a single record; `time_us` is at most `max_task_time_us`.
tool_sums sums_of_record(uint64_t time_us, bool success);

/// Sums that reproduce the averages sent by a HART OS peer: its rate (to 10^-6) and mean time exactly. HART OS sends no
/// spread, so all times count as equal. Refuses impossible averages.
std::optional<refusal> sums_of_averages(double success_rate, double avg_time_s, uint64_t sample_count, tool_sums& out);

/// Why these sums are impossible for one node's records, for example more successes than records; nothing when they are
/// possible.
std::optional<refusal> check_sums(const tool_sums& sums);

/// A tool's newest outcomes, each with its record's number within the task type, so that the windows of several models
/// can be merged into one for the tool.
class recent_outcomes {
public:
  static constexpr size_t capacity = 20;

  /// Appends an outcome and drops the oldest beyond `capacity`. Numbers must increase.
  void push(uint64_t number, bool success);
  /// Merges another window, keeping the newest outcomes of both.
  void join(const recent_outcomes& other);

  size_t size() const {
    return size_;
  }
  size_t successes() const;
  /// Number of the newest record; 0 when there is none.
  uint64_t newest() const;

  /// As stored: number × 2 + success, oldest first.
  std::span<const uint64_t> packed() const {
    return {entries_.data(), size_};
  }
  /// Nothing when there are too many outcomes or their numbers do not increase.
  static std::optional<recent_outcomes> from_packed(std::span<const uint64_t> packed);

  bool operator==(const recent_outcomes& other) const;

private:
  std::array<uint64_t, capacity> entries_{};
  size_t size_ = 0;
};

} // namespace hive::analysis
