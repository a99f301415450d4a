#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace hive::analysis {

// Figures of a sample that a few outliers hardly move. Values must be finite.

/// A normal distribution's standard deviation divided by its median absolute deviation, to the digits in common use.
inline constexpr double mad_to_deviation = 1.4826;

/// The middle value, or the mean of the middle two. `values` must not be empty. Takes time O(n).
double median(std::span<const double> values);

/// The same for values in ascending order. Takes time O(1).
double median_of_sorted(std::span<const double> sorted);

struct median_spread {
  double median = 0;
  double mad = 0;    ///< median absolute deviation: the median of |x − median|
  double scaled = 0; ///< `mad_to_deviation` · mad: the standard deviation, if the values are normal
};

/// Median and median absolute deviation (F. R. Hampel, "The influence curve and its role in robust estimation", 1974).
/// `values` must not be empty.
median_spread spread_about_median(std::span<const double> values);

/// The values, those farther than `k` scaled median absolute deviations from the median set to that distance. With a
/// deviation of 0 all become the median. `values` must not be empty, `k` not be negative.
std::vector<double> clip_about_median(std::span<const double> values, double k);

struct winsorised_moments {
  double mean = 0;
  std::optional<double> variance; ///< n − 1 in the denominator; nothing for one value
  size_t clipped = 0;             ///< values that were changed
};

/// Mean and variance of `clip_about_median`. `values` must not be empty.
winsorised_moments winsorise(std::span<const double> values, double k);

struct trimmed_moments {
  double trimmed_mean = 0;
  double winsorised_mean = 0;
  std::optional<double> winsorised_variance; ///< n − 1 in the denominator; nothing for one value
  /// Standard error of the trimmed mean: s_w·√(n−1)/√(m(m−1)) for the m values kept; nothing when m < 2.
  std::optional<double> standard_error;
};

/// Moments without the h = ⌊share·n⌋ smallest and largest values: trimmed, where they are left out, and winsorised,
/// where each takes the value of its nearest neighbour that is kept (K. K. Yuen, "The two-sample trimmed t for unequal
/// population variances", 1974). `share` in [0, 0.5). `values` must not be empty. Takes time O(n log n).
trimmed_moments trim(std::span<const double> values, double share);

/// Largest autocorrelation that is believed: more would leave a sample of 60 with the weight of fewer than 7 values.
inline constexpr double max_autocorrelation = 0.8;

struct autocorrelation_result {
  double rho = 0;         ///< lag-1 autocorrelation of the values; 0 when they are constant
  double rho_used = 0;    ///< corrected for its bias and clamped to [0, `max_autocorrelation`]
  double inflation = 1;   ///< of the variance of a mean: (1 + rho_used)/(1 − rho_used)
  double n_effective = 0; ///< n / inflation
};

/// Σ(x_i − m)(x_(i+1) − m) / Σ(x_i − m)², 0 when the values are constant. `values` must not be empty.
double lag_one_autocorrelation(std::span<const double> values);

/// `rho` of n > 0 residuals about `fitted` means, corrected for its bias to first order (F. H. C. Marriott and J. A.
/// Pope, "Bias in the estimation of autocorrelations", 1954; M. G. Kendall, 1954): clamp(rho + (fitted + 3·rho)/n, 0,
/// `max_autocorrelation`).
double corrected_autocorrelation(double rho, size_t n, size_t fitted = 1);

/// (1 + rho)/(1 − rho): the factor of the variance of a mean of many values with this lag-1 autocorrelation (an AR(1)
/// process). rho in [0, 1).
double variance_inflation(double rho);

/// Autocorrelation of values in the order of time. Nothing for fewer than two values.
std::optional<autocorrelation_result> autocorrelation(std::span<const double> values);

} // namespace hive::analysis
