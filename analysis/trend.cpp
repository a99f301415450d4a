#include "analysis/trend.hpp"

#include "analysis/normal.hpp"
#include "analysis/robust.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hive::analysis {
namespace {

int sign(double value) {
  return (value > 0) - (value < 0);
}

/// Variance of Mann–Kendall's S: (n(n−1)(2n+5) − Σ t(t−1)(2t+5)) / 18 over groups of t equal values.
double variance_of_s(std::span<const double> values) {
  auto term = [](double n) { return n * (n - 1) * (2 * n + 5); };
  std::vector<double> sorted{values.begin(), values.end()};
  std::ranges::sort(sorted);
  double sum = term(static_cast<double>(sorted.size()));
  for (auto group = sorted.begin(); group != sorted.end();) {
    auto next = std::upper_bound(group, sorted.end(), *group);
    sum -= term(static_cast<double>(next - group));
    group = next;
  }
  return sum / 18;
}

/// The slopes of all pairs of the values, of which there are at least two.
std::vector<double> pair_slopes(std::span<const double> values) {
  std::vector<double> slopes;
  slopes.reserve(values.size() * (values.size() - 1) / 2);
  for (size_t from = 0; from < values.size(); ++from)
    for (size_t to = from + 1; to < values.size(); ++to)
      slopes.push_back((values[to] - values[from]) / static_cast<double>(to - from));
  return slopes;
}

} // namespace

std::optional<mann_kendall_result> mann_kendall(std::span<const double> values) {
  if (values.size() < 2)
    return std::nullopt;
  mann_kendall_result out;
  for (size_t from = 0; from < values.size(); ++from)
    for (size_t to = from + 1; to < values.size(); ++to)
      out.s += sign(values[to] - values[from]);
  out.variance = variance_of_s(values);
  if (out.s != 0 && out.variance > 0) {
    auto s = static_cast<double>(out.s);
    out.z = (s - sign(s)) / std::sqrt(out.variance);
    out.p = std::min(1.0, 2 * normal_upper(std::abs(out.z)));
  }
  return out;
}

std::optional<theil_sen_result> theil_sen(std::span<const double> values, double confidence) {
  if (values.size() < 2)
    return std::nullopt;
  auto slopes = pair_slopes(values);
  std::ranges::sort(slopes);
  std::vector<double> sorted{values.begin(), values.end()};
  std::ranges::sort(sorted);
  theil_sen_result out;
  out.slope = median_of_sorted(slopes);
  out.intercept = median_of_sorted(sorted) - out.slope * static_cast<double>(values.size() - 1) / 2;
  auto pairs = static_cast<double>(slopes.size());
  double half_width = two_sided_z(confidence) * std::sqrt(variance_of_s(values));
  // nearbyint rounds half to even.
  double lower = std::max(std::nearbyint((pairs - half_width) / 2) - 1, 0.0);
  double upper = std::min(std::nearbyint((pairs + half_width) / 2), pairs - 1);
  out.lower = slopes[static_cast<size_t>(lower)];
  out.upper = slopes[static_cast<size_t>(upper)];
  return out;
}

double theil_sen_slope(std::span<const double> values) {
  return values.size() < 2 ? 0 : median(pair_slopes(values));
}

std::optional<trend_result> judge_trend(std::span<const double> values, direction better) {
  if (values.size() < min_trend_values)
    return std::nullopt;
  auto judged = values.last(std::min(values.size(), max_trend_values));
  trend_result out{trend::stable, *mann_kendall(judged), *theil_sen(judged, slope_confidence)};
  out.change = out.line.slope * static_cast<double>(judged.size() - 1);
  if (out.test.p <= trend_level && out.line.slope != 0)
    out.judged = (out.line.slope > 0) == (better == direction::higher) ? trend::improving : trend::declining;
  return out;
}

} // namespace hive::analysis
