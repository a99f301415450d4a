#include "analysis/trend.hpp"

#include "analysis/normal.hpp"
#include "analysis/robust.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace hive::analysis {
namespace {

int sign(double value) {
  return (value > 0) - (value < 0);
}

/// Sorts `values` and returns how many pairs of them fell: by merging halves, so in time O(n log n). `spare` is as
/// long.
int64_t sort_counting_falls(std::span<double> values, std::span<double> spare) {
  if (values.size() < 2)
    return 0;
  auto middle = values.size() / 2;
  auto falls = sort_counting_falls(values.first(middle), spare.first(middle)) +
               sort_counting_falls(values.subspan(middle), spare.subspan(middle));
  auto left = values.begin(), right = values.begin() + static_cast<ptrdiff_t>(middle), left_end = right;
  for (auto& next : spare) {
    bool falls_behind = left == left_end || (right != values.end() && *right < *left);
    if (falls_behind)
      falls += left_end - left; // all that are left on the left are larger
    next = falls_behind ? *right++ : *left++;
  }
  std::ranges::copy(spare, values.begin());
  return falls;
}

/// Sum of term(size) over the groups of equal values, which are sorted.
template <class Term>
auto sum_over_ties(std::span<const double> sorted, const Term& term) {
  decltype(term(0)) sum = 0;
  for (auto group = sorted.begin(); group != sorted.end();) {
    auto next = std::upper_bound(group, sorted.end(), *group);
    sum += term(next - group);
    group = next;
  }
  return sum;
}

/// Variance of Mann–Kendall's S: (n(n−1)(2n+5) − Σ t(t−1)(2t+5)) / 18 over groups of t equal values.
double variance_of_s(std::span<const double> sorted) {
  auto term = [](ptrdiff_t count) {
    auto n = static_cast<double>(count);
    return n * (n - 1) * (2 * n + 5);
  };
  return (term(std::ssize(sorted)) - sum_over_ties(sorted, term)) / 18;
}

/// The slope between two values.
double slope_of(std::span<const double> values, size_t from, size_t to) {
  return (values[to] - values[from]) / static_cast<double>(to - from);
}

size_t pairs_of(std::span<const double> values) {
  return values.size() * (values.size() - 1) / 2;
}

std::vector<double> sorted_slopes(std::span<const double> values) {
  std::vector<double> slopes;
  slopes.reserve(pairs_of(values));
  for (size_t from = 0; from < values.size(); ++from)
    for (size_t to = from + 1; to < values.size(); ++to)
      slopes.push_back(slope_of(values, from, to));
  std::ranges::sort(slopes);
  return slopes;
}

/// Slopes from which the place of the median of all is guessed.
constexpr size_t sampled_slopes = 1'024;

/// Bounds between which the median slope probably lies: three standard deviations of the median of a sample on each
/// side. A pair in every so many is sampled.
std::pair<double, double> bounds_of_median_slope(std::span<const double> values) {
  auto stride = pairs_of(values) / sampled_slopes + 1;
  std::vector<double> sample;
  for (size_t from = 0; from < values.size(); ++from)
    for (auto to = from + 1 + from % stride; to < values.size(); to += stride)
      sample.push_back(slope_of(values, from, to));
  std::ranges::sort(sample);
  auto middle = sample.size() / 2;
  auto reach = static_cast<size_t>(1.5 * std::sqrt(static_cast<double>(sample.size()))) + 1;
  return {sample[middle - std::min(middle, reach)], sample[std::min(middle + reach, sample.size() - 1)]};
}

/// The median of the slopes from `lower` to `upper` and all others, if it lies among the former.
std::optional<double> median_slope(std::span<const double> values, double lower, double upper) {
  // Most slopes are outside by more than rounding, which a product shows sooner than a quotient.
  constexpr double rounding = 1e-12;
  double surely_below = lower - rounding * std::abs(lower), surely_above = upper + rounding * std::abs(upper);
  std::vector<double> between;
  std::vector<size_t> doubtful(values.size()); // where pairs begin that are not surely outside
  size_t below = 0;
  for (size_t run = 1; run < values.size(); ++run) {
    double low = surely_below * static_cast<double>(run), high = surely_above * static_cast<double>(run);
    size_t count = 0;
    for (size_t from = 0; from + run < values.size(); ++from) {
      // Without a branch: on which side a pair is cannot be predicted.
      double rise = values[from + run] - values[from];
      below += rise < low;
      doubtful[count] = from;
      count += static_cast<size_t>(rise >= low) & static_cast<size_t>(rise <= high);
    }
    for (auto from : std::span{doubtful}.first(count)) {
      double slope = slope_of(values, from, from + run);
      below += slope < lower;
      if (slope >= lower && slope <= upper)
        between.push_back(slope);
    }
  }
  auto pairs = pairs_of(values), low_middle = (pairs - 1) / 2, high_middle = pairs / 2;
  if (below > low_middle || high_middle >= below + between.size())
    return std::nullopt;
  auto place = between.begin() + static_cast<ptrdiff_t>(high_middle - below);
  std::ranges::nth_element(between, place);
  return pairs % 2 ? *place : std::midpoint(*std::max_element(between.begin(), place), *place);
}

} // namespace

std::optional<mann_kendall_result> mann_kendall(std::span<const double> values) {
  if (values.size() < 2)
    return std::nullopt;
  mann_kendall_result out;
  std::vector<double> sorted{values.begin(), values.end()}, spare(values.size());
  auto falls = sort_counting_falls(sorted, spare);
  auto pairs = [](ptrdiff_t count) -> int64_t { return count * (count - 1) / 2; };
  out.s = pairs(std::ssize(sorted)) - sum_over_ties(sorted, pairs) - 2 * falls;
  out.variance = variance_of_s(sorted);
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
  auto slopes = sorted_slopes(values);
  std::vector<double> sorted{values.begin(), values.end()};
  std::ranges::sort(sorted);
  theil_sen_result out;
  out.slope = median_of_sorted(slopes);
  out.intercept = median_of_sorted(sorted) - out.slope * static_cast<double>(values.size() - 1) / 2;
  auto pairs = static_cast<double>(slopes.size());
  double half_width = two_sided_z(confidence) * std::sqrt(variance_of_s(sorted));
  // nearbyint rounds half to even.
  double lower = std::max(std::nearbyint((pairs - half_width) / 2) - 1, 0.0);
  double upper = std::min(std::nearbyint((pairs + half_width) / 2), pairs - 1);
  out.lower = slopes[static_cast<size_t>(lower)];
  out.upper = slopes[static_cast<size_t>(upper)];
  return out;
}

double theil_sen_slope(std::span<const double> values) {
  if (values.size() < 2)
    return 0;
  auto [lower, upper] = bounds_of_median_slope(values);
  if (auto found = median_slope(values, lower, upper))
    return *found;
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  return *median_slope(values, -infinity, infinity);
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
