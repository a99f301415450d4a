#include "analysis/tool_sums.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hive::analysis {
namespace {

refusal impossible(std::string text) {
  return {refusal::kind::invalid, std::move(text)};
}

/// Whether Σt² is possible for times whose sum is Σt: it is at least n·mean² (all times equal), at most Σt·longest.
bool squares_fit(const tool_sums& sums) {
  // n·Σt² may exceed 128 bits; long double's rounding error is far below this slack.
  constexpr long double slack = 1 - 1e-12L;
  auto n = static_cast<long double>(sums.n);
  auto time = static_cast<long double>(sums.time_us);
  auto squares = static_cast<long double>(sums.time_us2);
  return squares * n >= time * time * slack && squares <= time * max_task_time_us;
}

} // namespace

std::optional<uint64_t> to_micros(double seconds) {
  // NaN fails both comparisons.
  if (!(seconds >= 0 && seconds <= static_cast<double>(max_task_time_us / us_per_s)))
    return std::nullopt;
  return static_cast<uint64_t>(std::llround(seconds * static_cast<double>(us_per_s)));
}

int64_t log_time_ppm(uint64_t time_us) {
  double seconds = static_cast<double>(std::max<uint64_t>(time_us, 1)) / static_cast<double>(us_per_s);
  return std::clamp<int64_t>(std::llround(std::log(seconds) * static_cast<double>(ppm)), -max_log_time_ppm,
                             max_log_time_ppm);
}

// -- tool_sums ------------------------------------------------------------------

tool_sums& tool_sums::operator+=(const tool_sums& other) {
  n += other.n;
  success_ppm += other.success_ppm;
  time_us += other.time_us;
  time_us2 += other.time_us2;
  log_ppm += other.log_ppm;
  return *this;
}

tool_sums& tool_sums::operator-=(const tool_sums& other) {
  n -= other.n;
  success_ppm -= other.success_ppm;
  time_us -= other.time_us;
  time_us2 -= other.time_us2;
  log_ppm -= other.log_ppm;
  return *this;
}

double tool_sums::success_rate() const {
  return n == 0 ? 0 : static_cast<double>(success_ppm) / (static_cast<double>(n) * ppm);
}

double tool_sums::mean_time_s() const {
  return n == 0 ? 0 : static_cast<double>(time_us) / (static_cast<double>(n) * us_per_s);
}

double tool_sums::time_deviation_s() const {
  if (n == 0)
    return 0;
  auto count = static_cast<long double>(n);
  auto mean = static_cast<long double>(time_us) / count;
  auto variance = static_cast<long double>(time_us2) / count - mean * mean;
  // For equal times the variance can come out slightly negative.
  return static_cast<double>(std::sqrt(std::max(0.0L, variance)) / us_per_s);
}

double tool_sums::geometric_mean_time_s() const {
  return n == 0 ? 0 : std::exp(static_cast<double>(log_ppm) / (static_cast<double>(n) * ppm));
}

tool_sums sums_of_record(uint64_t time_us, bool success) {
  return {1, success ? ppm : 0, time_us, static_cast<wide_uint>(time_us) * time_us, log_time_ppm(time_us)};
}

std::optional<refusal> sums_of_averages(double success_rate, double avg_time_s, uint64_t sample_count, tool_sums& out) {
  if (!(success_rate >= 0 && success_rate <= 1))
    return impossible("success_rate " + std::to_string(success_rate) + " is not between 0 and 1");
  auto mean_us = to_micros(avg_time_s);
  if (!mean_us)
    return impossible("avg_time_s " + std::to_string(avg_time_s) + " is not between 0 and 7 days");
  if (sample_count == 0 || sample_count > max_tool_records)
    return impossible("sample_count " + std::to_string(sample_count) + " is not between 1 and 2^32");
  auto rate_ppm = static_cast<uint64_t>(std::llround(success_rate * static_cast<double>(ppm)));
  auto record = sums_of_record(*mean_us, false);
  tool_sums sums;
  sums.n = sample_count;
  sums.success_ppm = rate_ppm * sample_count;
  sums.time_us = record.time_us * sample_count;
  sums.time_us2 = record.time_us2 * sample_count;
  sums.log_ppm = record.log_ppm * static_cast<wide_int>(sample_count);
  if (auto broken = check_sums(sums))
    return broken;
  out = sums;
  return std::nullopt;
}

std::optional<refusal> check_sums(const tool_sums& sums) {
  if (sums.n == 0 || sums.n > max_tool_records)
    return impossible("a count of " + std::to_string(sums.n) + " records is not between 1 and 2^32");
  if (sums.success_ppm > sums.n * ppm)
    return impossible(std::to_string(sums.successes()) + " successes are more than " + std::to_string(sums.n) +
                      " records");
  if (sums.time_us > max_total_time_us || sums.time_us > static_cast<wide_uint>(sums.n) * max_task_time_us)
    return impossible("the sum of times is more than " + std::to_string(sums.n) + " records can take");
  if (!squares_fit(sums))
    return impossible("the sum of squared times does not go with the sum of times");
  auto max_log = static_cast<wide_int>(sums.n) * max_log_time_ppm;
  if (sums.log_ppm > max_log || sums.log_ppm < -max_log)
    return impossible("the sum of log times is out of the range of " + std::to_string(sums.n) + " records");
  return std::nullopt;
}

// -- recent_outcomes --------------------------------------------------------------

void recent_outcomes::push(uint64_t number, bool success) {
  if (size_ == capacity)
    std::shift_left(entries_.begin(), entries_.end(), 1);
  else
    ++size_;
  entries_[size_ - 1] = number * 2 + success;
}

void recent_outcomes::join(const recent_outcomes& other) {
  std::vector<uint64_t> all(packed().begin(), packed().end());
  all.insert(all.end(), other.packed().begin(), other.packed().end());
  std::ranges::sort(all);
  size_ = std::min(all.size(), capacity);
  std::copy(all.end() - static_cast<ptrdiff_t>(size_), all.end(), entries_.begin());
}

size_t recent_outcomes::successes() const {
  return static_cast<size_t>(std::ranges::count_if(packed(), [](uint64_t entry) { return entry & 1; }));
}

uint64_t recent_outcomes::newest() const {
  return size_ == 0 ? 0 : entries_[size_ - 1] / 2;
}

std::optional<recent_outcomes> recent_outcomes::from_packed(std::span<const uint64_t> packed) {
  if (packed.size() > capacity)
    return std::nullopt;
  recent_outcomes out;
  for (auto entry : packed) {
    if (entry / 2 <= out.newest())
      return std::nullopt;
    out.push(entry / 2, entry & 1);
  }
  return out;
}

bool recent_outcomes::operator==(const recent_outcomes& other) const {
  return std::ranges::equal(packed(), other.packed());
}

} // namespace hive::analysis
