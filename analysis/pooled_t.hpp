#pragma once

#include <optional>
#include <span>

namespace hive::analysis {

/// Residuals of `pooled_robust_t` are clipped to so many scales.
inline constexpr double residual_clip = 2.5;

/// Scale of residuals: 1.4826 times the median of their absolute values, their root mean square where that is 0.
/// `residuals` must not be empty.
double residual_scale(std::span<const double> residuals);

struct pooled_t_result {
  double scale = 0; ///< of the residuals of both sides together
  double left = 0;  ///< robust centre of the left side
  double right = 0;
  double t = 0;  ///< of right − left; infinite when the residuals have no variance and the centres differ
  double df = 2; ///< at least 2
  double p = 1;  ///< two-sided
};

/// Whether two neighbouring stretches of a series have different centres; confirms a change point. Residuals are taken
/// to the median of their side. Their scale is the `residual_scale` of both sides together. Residuals are clipped to ±
/// `residual_clip` scales; a side's centre is its median plus the mean of its clipped residuals, and s² their pooled
/// variance with n − 2 in the denominator. With v = (1 + rho)/(1 − rho) for residuals of lag-1 autocorrelation `rho` in
/// [0, 1): t = (right − left)/√(s²·v·(1/n₁ + 1/n₂)), df = max(2, n/v − 2).
///
/// Nothing when a side is empty. Values must be finite. Takes time O(n).
std::optional<pooled_t_result> pooled_robust_t(std::span<const double> left, std::span<const double> right, double rho);

} // namespace hive::analysis
