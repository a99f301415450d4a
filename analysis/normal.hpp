#pragma once

namespace hive::analysis {

// The standard normal distribution, with the same bits on every machine (see analysis/elementary.hpp).

/// Density at z.
double normal_density(double z);

/// P(Z ≤ z). The relative error is below 1e-13 for z above -10 and below 1e-11 for all others.
double normal_cdf(double z);

/// P(Z > z), without the cancellation of 1 − normal_cdf(z).
double normal_upper(double z);

/// The z with P(Z ≤ z) = p; -infinity for p ≤ 0, infinity for p ≥ 1. The error is below 1e-13·max(1, |z|).
double normal_quantile(double p);

/// The z that a two-sided interval of this confidence, in (0, 1), extends from its centre: 1.96 for 0.95.
double two_sided_z(double confidence);

} // namespace hive::analysis
