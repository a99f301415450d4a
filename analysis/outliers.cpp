#include "analysis/outliers.hpp"

#include "analysis/moments.hpp"
#include "analysis/student_t.hpp"

#include <cmath>
#include <numeric>

namespace hive::analysis {
namespace {

/// λ_i, where `left` = n − i + 1 values are left at step i.
double critical_distance(size_t left, double alpha) {
  auto n = static_cast<double>(left);
  double t = student_t_quantile(1 - alpha / (2 * n), n - 2);
  return (n - 1) * t / std::sqrt((n - 2 + t * t) * n);
}

/// The place of the value farthest from `centre`, the first of equal ones.
size_t farthest(const std::vector<double>& values, double centre) {
  size_t out = 0;
  for (size_t i = 1; i < values.size(); ++i)
    if (std::abs(values[i] - centre) > std::abs(values[out] - centre))
      out = i;
  return out;
}

} // namespace

std::optional<outlier_result> generalised_esd(std::span<const double> values, size_t max_outliers, double alpha) {
  constexpr size_t min_values = 3;
  if (values.size() < min_values)
    return std::nullopt;
  outlier_result out;
  std::vector<double> left{values.begin(), values.end()};
  std::vector<size_t> indices(values.size()), removed;
  std::iota(indices.begin(), indices.end(), size_t{0});
  size_t outliers = 0;
  for (size_t step = 0; step < max_outliers && left.size() >= min_values; ++step) {
    double centre = mean(left), deviation = std::sqrt(*sample_variance(left));
    if (deviation == 0)
      break;
    auto place = farthest(left, centre);
    out.statistics.push_back(std::abs(left[place] - centre) / deviation);
    out.critical.push_back(critical_distance(left.size(), alpha));
    removed.push_back(indices[place]);
    left.erase(left.begin() + static_cast<ptrdiff_t>(place));
    indices.erase(indices.begin() + static_cast<ptrdiff_t>(place));
    if (out.statistics.back() > out.critical.back())
      outliers = removed.size();
  }
  removed.resize(outliers);
  out.indices = std::move(removed);
  return out;
}

} // namespace hive::analysis
