#include "analysis/false_alarms.hpp"

#include "analysis/elementary.hpp"

#include <algorithm>

namespace hive::analysis {
namespace {

constexpr double week_us = 7.0 * 24 * 3600 * 1e6;
/// See `runs_per_week`.
constexpr double least_time = 1.0 / 7;

/// Weeks from `since_us` to `now_us`, at least 0.
double weeks(int64_t since_us, int64_t now_us) {
  return now_us > since_us ? static_cast<double>(now_us - since_us) / week_us : 0;
}

} // namespace

void count_runs(run_rate& rate, double runs, int64_t now_us) {
  if (rate.first_us == 0)
    rate.first_us = rate.newest_us = now_us;
  rate.faded_runs = rate.faded_runs * exponential(-weeks(rate.newest_us, now_us)) + runs;
  rate.newest_us = std::max(rate.newest_us, now_us);
}

double runs_per_week(const run_rate& rate, int64_t now_us) {
  if (rate.first_us == 0)
    return 0;
  double faded = rate.faded_runs * exponential(-weeks(rate.newest_us, now_us));
  // At a constant rate R the faded count is R·(1 − e^−t) after t weeks.
  return faded / (1 - exponential(-std::max(weeks(rate.first_us, now_us), least_time)));
}

double alarm_threshold(double runs_per_week, double false_alarms_per_week) {
  return std::max(min_threshold, natural_log(runs_per_week / false_alarms_per_week) - threshold_offset);
}

double slice_threshold(double threshold, size_t slices) {
  return threshold + natural_log(static_cast<double>(std::max<size_t>(slices, 1)));
}

} // namespace hive::analysis
