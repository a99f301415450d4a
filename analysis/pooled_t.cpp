#include "analysis/pooled_t.hpp"

#include "analysis/magnitude.hpp"
#include "analysis/moments.hpp"
#include "analysis/robust.hpp"
#include "analysis/student_t.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hive::analysis {
namespace {

/// Replaces the residuals by scales, clipped. Without a scale all residuals are 0 and stay it.
void clip(std::span<double> residuals, double scale) {
  for (auto& each : residuals)
    each = scale > 0 ? std::clamp(each / scale, -residual_clip, residual_clip) : 0;
}

} // namespace

double residual_scale(std::span<const double> residuals) {
  std::vector<double> sizes;
  for (double each : residuals)
    sizes.push_back(std::abs(each));
  double scale = mad_to_deviation * median(sizes);
  return scale > 0 ? scale : root_mean_square(residuals);
}

std::optional<pooled_t_result> pooled_robust_t(std::span<const double> left, std::span<const double> right,
                                               double rho) {
  if (left.empty() || right.empty())
    return std::nullopt;
  double left_median = median(left), right_median = median(right);
  std::vector<double> residuals;
  for (double each : left)
    residuals.push_back(each - left_median);
  for (double each : right)
    residuals.push_back(each - right_median);
  pooled_t_result out{.scale = residual_scale(residuals)};
  clip(residuals, out.scale);
  auto of_left = std::span<const double>{residuals}.first(left.size());
  auto of_right = std::span<const double>{residuals}.subspan(left.size());
  out.left = left_median + out.scale * mean(of_left);
  out.right = right_median + out.scale * mean(of_right);
  auto n = static_cast<double>(residuals.size());
  double squares = squares_about_mean(of_left) + squares_about_mean(of_right);
  double v = variance_inflation(rho);
  double of_means = 1 / static_cast<double>(left.size()) + 1 / static_cast<double>(right.size());
  // With two values in all there is no variance.
  double error = squares > 0 ? out.scale * std::sqrt(squares / (n - 2) * v * of_means) : 0;
  out.t = in_units(out.right - out.left, error);
  out.df = std::max(2.0, n / v - 2);
  out.p = student_t_two_sided(out.t, out.df);
  return out;
}

} // namespace hive::analysis
