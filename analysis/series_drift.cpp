#include "analysis/series_drift.hpp"

#include "analysis/elementary.hpp"
#include "analysis/magnitude.hpp"
#include "analysis/moments.hpp"
#include "analysis/normal.hpp"
#include "analysis/robust.hpp"
#include "analysis/trend.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {
namespace {

/// What is left of the values when their least-squares line is taken away.
std::vector<double> about_line(std::span<const double> values) {
  double middle = static_cast<double>(values.size() - 1) / 2, centre = mean(values);
  double products = 0, squares = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    double x = static_cast<double>(i) - middle;
    products += x * (values[i] - centre);
    squares += x * x;
  }
  double slope = products / squares;
  std::vector<double> out;
  out.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    out.push_back(values[i] - centre - slope * (static_cast<double>(i) - middle));
  return out;
}

double sum_of_squares(std::span<const double> values) {
  double sum = 0;
  for (double each : values)
    sum += each * each;
  return sum;
}

double squares_about_levels(std::span<const double> values, std::span<const size_t> starts) {
  double sum = 0;
  size_t begin = 0;
  for (auto start : starts) {
    sum += squares_about_mean(values.subspan(begin, start - begin));
    begin = start;
  }
  return sum + squares_about_mean(values.subspan(begin));
}

/// Bayesian information criterion of a fit by least squares; the smaller, the better. -infinity for a perfect fit.
double information(double squares, size_t values, size_t parameters) {
  auto n = static_cast<double>(values);
  return n * natural_log(squares / n) + static_cast<double>(parameters) * natural_log(n);
}

/// Two-sided p of S, its variance inflated.
double p_of(const mann_kendall_result& test, double inflation) {
  return std::min(1.0, 2 * normal_upper(std::abs(test.z) / std::sqrt(inflation)));
}

drift_line line_through(std::span<const double> values) {
  auto steps = static_cast<double>(values.size() - 1);
  drift_line out{.slope = theil_sen_slope(values)};
  out.total = out.slope * steps;
  out.first = median(values) - out.total / 2;
  out.last = out.first + out.total;
  out.relative = relative_change(out.first, out.last);
  return out;
}

} // namespace

std::optional<drift_line> find_drift(std::span<const double> values, const clipped_series& clipped,
                                     std::span<const size_t> starts, double floor) {
  if (values.size() < 3)
    return std::nullopt;
  // The cheapest question first: few series need more.
  auto residuals = about_line(clipped.values);
  double of_line = information(sum_of_squares(residuals), values.size(), 2);
  double of_segments = information(squares_about_levels(clipped.values, starts), values.size(), 2 * starts.size() + 1);
  if (!(of_line < of_segments))
    return std::nullopt;
  double rho = pooled_autocorrelation(residuals, {});
  double p = p_of(*mann_kendall(values), variance_inflation(rho));
  if (!(p < drift_level))
    return std::nullopt;
  auto out = line_through(values);
  if (!(std::abs(out.relative) >= floor))
    return std::nullopt;
  out.p = p;
  out.autocorrelation = rho;
  std::vector<double> off;
  for (size_t i = 0; i < values.size(); ++i)
    off.push_back(values[i] - out.first - out.slope * static_cast<double>(i));
  out.deviation = fit_segments(off, {}).front().deviation;
  return out;
}

} // namespace hive::analysis
