#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace hive::analysis {

struct outlier_result {
  std::vector<double> statistics; ///< R_i of each step: the largest |x − mean|/s of the values that are left
  std::vector<double> critical;   ///< λ_i of each step
  std::vector<size_t> indices;    ///< of the outliers, in the order of their removal
};

/// Rosner's generalised test for up to `max_outliers` outliers among normal values, at the two-sided level `alpha` in
/// (0, 1) (B. Rosner, "Percentage points for a generalized ESD many-outlier procedure", 1983). Step i removes the value
/// with the largest distance, the first of equal ones, and λ_i = (n − i)·t/√((n − i − 1 + t²)(n − i + 1)) with the
/// 1 − alpha/(2(n − i + 1)) quantile t of Student's distribution with n − i − 1 degrees of freedom. The outliers are
/// those of all steps up to the last with R_i > λ_i. The steps end early when the rest is constant or fewer than three
/// values are left.
///
/// Nothing for fewer than three values. Values must be finite. Takes time O(n·max_outliers).
std::optional<outlier_result> generalised_esd(std::span<const double> values, size_t max_outliers, double alpha);

} // namespace hive::analysis
