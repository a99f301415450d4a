#include "analysis/change_points.hpp"

#include "analysis/elementary.hpp"
#include "analysis/magnitude.hpp"
#include "analysis/optimal_partition.hpp"
#include "analysis/pooled_t.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {
namespace {

std::optional<refusal> check(std::span<const double> values, const change_options& options) {
  if (!std::isfinite(options.floor) || options.floor < 0)
    return refusal::invalid("the least magnitude of a change must be a number that is not negative");
  if (values.size() > max_history_values)
    return refusal::full("a history of " + std::to_string(values.size()) + " values exceeds the bound of " +
                         std::to_string(max_history_values));
  auto bad = std::ranges::find_if_not(values, [](double each) { return std::isfinite(each); });
  if (bad != values.end())
    return refusal::invalid("value " + std::to_string(bad - values.begin()) + " of the history is not finite");
  return std::nullopt;
}

/// The power of two that brings the largest value to [0.5, 1), so that no square is outside the range of a double.
/// Multiplying by it is exact.
int exponent_of(std::span<const double> values) {
  double largest = 0;
  for (double each : values)
    largest = std::max(largest, std::abs(each));
  int exponent = 0;
  std::frexp(largest, &exponent);
  return -exponent;
}

std::vector<double> shifted(std::span<const double> values, int exponent) {
  std::vector<double> out;
  out.reserve(values.size());
  for (double each : values)
    out.push_back(std::ldexp(each, exponent));
  return out;
}

/// Where the level may have changed.
std::vector<size_t> candidates(const clipped_series& clipped) {
  std::vector<double> in_scales;
  in_scales.reserve(clipped.values.size());
  for (double each : clipped.values)
    in_scales.push_back((each - clipped.values.front()) / clipped.scale);
  double penalty = penalty_factor * natural_log(static_cast<double>(in_scales.size()));
  return optimal_partition(in_scales, penalty, least_segment_values);
}

/// The changes at `starts`, each judged by the segments beside it.
std::vector<change_point> test_changes(std::span<const double> values, std::span<const size_t> starts) {
  std::vector<change_point> out;
  double rho = pooled_autocorrelation(values, starts);
  for (size_t i = 0; i < starts.size(); ++i) {
    auto begin = i > 0 ? starts[i - 1] : 0, end = i + 1 < starts.size() ? starts[i + 1] : values.size();
    auto test =
      pooled_robust_t(values.subspan(begin, starts[i] - begin), values.subspan(starts[i], end - starts[i]), rho);
    out.push_back({starts[i], test->left, test->right, relative_change(test->left, test->right), test->p});
  }
  return out;
}

/// Drops the worst of the changes at `starts` until all that are left are confirmed.
std::vector<change_point> confirm_changes(std::span<const double> values, std::vector<size_t>& starts, double floor) {
  while (!starts.empty()) {
    auto changes = test_changes(values, starts);
    const change_point* worst = nullptr;
    for (const auto& each : changes)
      if ((each.p > change_level || std::abs(each.relative) < floor) && (!worst || each.p > worst->p))
        worst = &each;
    if (!worst)
      return changes;
    std::erase(starts, worst->index);
  }
  return {};
}

/// What each value would be without noise.
std::vector<double> without_noise(const history_changes& found, size_t values) {
  std::vector<double> out;
  out.reserve(values);
  for (const auto& each : found.segments)
    out.resize(each.end, each.level);
  if (found.drift)
    for (size_t i = 0; i < values; ++i)
      out[i] = found.drift->first + found.drift->slope * static_cast<double>(i);
  return out;
}

/// Multiplies all that has the unit of the values by a power of two.
void shift(history_changes& found, int exponent) {
  auto scale = [exponent](auto&... figures) { ((figures = std::ldexp(figures, exponent)), ...); };
  for (auto& each : found.changes)
    scale(each.before, each.after);
  if (found.drift)
    scale(found.drift->slope, found.drift->first, found.drift->last, found.drift->total, found.drift->deviation);
  for (auto& each : found.spikes)
    scale(each.value, each.expected);
  for (auto& each : found.variance_changes)
    scale(each.before, each.after);
  for (auto& each : found.segments)
    scale(each.level, each.deviation);
}

/// Of values in [−1, 1].
history_changes judge(std::span<const double> values, double floor) {
  auto clipped = clip_series(values);
  auto starts = candidates(clipped);
  history_changes out;
  out.changes = confirm_changes(values, starts, floor);
  if ((out.drift = find_drift(values, clipped, starts, floor))) {
    out.changes.clear();
    starts.clear();
  }
  out.segments = fit_segments(values, starts);
  out.autocorrelation = out.drift ? out.drift->autocorrelation : pooled_autocorrelation(values, starts);
  out.spikes = find_spikes(values, clipped, without_noise(out, values.size()));
  out.variance_changes = find_variance_changes(values, out.segments, out.autocorrelation, change_level);
  return out;
}

} // namespace

std::optional<segment> history_changes::current() const {
  return segments.empty() ? std::nullopt : std::optional{segments.back()};
}

std::variant<history_changes, refusal> find_changes(std::span<const double> values, const change_options& options) {
  if (auto refused = check(values, options))
    return *refused;
  if (values.empty())
    return history_changes{};
  auto exponent = exponent_of(values);
  auto found = judge(shifted(values, exponent), std::max(options.floor, least_magnitude));
  shift(found, -exponent);
  return found;
}

} // namespace hive::analysis
