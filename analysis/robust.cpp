#include "analysis/robust.hpp"

#include "analysis/moments.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hive::analysis {
namespace {

/// The median; changes the order of the values.
double take_median(std::vector<double>& values) {
  auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2)
    return *middle;
  // std::midpoint does not overflow where the sum of the two would.
  return std::midpoint(*std::max_element(values.begin(), middle), *middle);
}

} // namespace

double median(std::span<const double> values) {
  std::vector<double> copy{values.begin(), values.end()};
  return take_median(copy);
}

double median_of_sorted(std::span<const double> sorted) {
  auto middle = sorted.size() / 2;
  return sorted.size() % 2 ? sorted[middle] : std::midpoint(sorted[middle - 1], sorted[middle]);
}

median_spread spread_about_median(std::span<const double> values) {
  std::vector<double> copy{values.begin(), values.end()};
  median_spread out{.median = take_median(copy)};
  for (auto& each : copy)
    each = std::abs(each - out.median);
  out.mad = take_median(copy);
  out.scaled = mad_to_deviation * out.mad;
  return out;
}

std::vector<double> clip_about_median(std::span<const double> values, double k) {
  auto about = spread_about_median(values);
  double reach = k * about.scaled;
  std::vector<double> out{values.begin(), values.end()};
  for (auto& each : out)
    each = std::clamp(each, about.median - reach, about.median + reach);
  return out;
}

winsorised_moments winsorise(std::span<const double> values, double k) {
  auto clipped = clip_about_median(values, k);
  winsorised_moments out{mean(clipped), sample_variance(clipped)};
  for (size_t i = 0; i < values.size(); ++i)
    out.clipped += clipped[i] != values[i];
  return out;
}

trimmed_moments trim(std::span<const double> values, double share) {
  std::vector<double> sorted{values.begin(), values.end()};
  std::ranges::sort(sorted);
  auto cut = static_cast<size_t>(share * static_cast<double>(sorted.size()));
  auto kept = std::span{sorted}.subspan(cut, sorted.size() - 2 * cut);
  trimmed_moments out;
  out.trimmed_mean = mean(kept);
  std::fill_n(sorted.begin(), cut, kept.front());
  std::fill_n(sorted.rbegin(), cut, kept.back());
  out.winsorised_mean = mean(sorted);
  out.winsorised_variance = sample_variance(sorted);
  if (kept.size() >= 2) {
    auto n = static_cast<double>(sorted.size()), m = static_cast<double>(kept.size());
    out.standard_error = std::sqrt(*out.winsorised_variance * (n - 1) / (m * (m - 1)));
  }
  return out;
}

double lag_one_autocorrelation(std::span<const double> values) {
  double squares = squares_about_mean(values);
  if (squares == 0)
    return 0;
  double centre = mean(values), products = 0;
  for (size_t i = 1; i < values.size(); ++i)
    products += (values[i - 1] - centre) * (values[i] - centre);
  return products / squares;
}

double corrected_autocorrelation(double rho, size_t n, size_t fitted) {
  double bias = (static_cast<double>(fitted) + 3 * rho) / static_cast<double>(n);
  return std::clamp(rho + bias, 0.0, max_autocorrelation);
}

double variance_inflation(double rho) {
  return (1 + rho) / (1 - rho);
}

std::optional<autocorrelation_result> autocorrelation(std::span<const double> values) {
  if (values.size() < 2)
    return std::nullopt;
  autocorrelation_result out{.rho = lag_one_autocorrelation(values)};
  bool is_constant = std::ranges::all_of(values, [&](double each) { return each == values.front(); });
  out.rho_used = is_constant ? 0 : corrected_autocorrelation(out.rho, values.size());
  out.inflation = variance_inflation(out.rho_used);
  out.n_effective = static_cast<double>(values.size()) / out.inflation;
  return out;
}

} // namespace hive::analysis
