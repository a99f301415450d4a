#include "analysis/segments.hpp"

#include "analysis/moments.hpp"
#include "analysis/pooled_t.hpp"
#include "analysis/robust.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {
namespace {

/// Calls visit(begin, end) for each segment.
template <class Visit>
void each_segment(size_t count, std::span<const size_t> starts, const Visit& visit) {
  size_t begin = 0;
  for (auto start : starts) {
    visit(begin, start);
    begin = start;
  }
  if (begin < count)
    visit(begin, count);
}

/// Replaces the values by their residuals about the median, which it returns.
double take_residuals(std::span<double> values) {
  double centre = median(values);
  for (auto& each : values)
    each -= centre;
  return centre;
}

void clip_residuals(std::span<double> residuals) {
  double reach = residual_clip * residual_scale(residuals);
  for (auto& each : residuals)
    each = std::clamp(each, -reach, reach);
}

segment fit(std::span<const double> values, size_t begin, size_t end) {
  std::vector<double> residuals{values.begin() + static_cast<ptrdiff_t>(begin),
                                values.begin() + static_cast<ptrdiff_t>(end)};
  double centre = take_residuals(residuals);
  clip_residuals(residuals);
  return {begin, end, centre + mean(residuals), std::sqrt(sample_variance(residuals).value_or(0))};
}

} // namespace

std::vector<segment> fit_segments(std::span<const double> values, std::span<const size_t> starts) {
  std::vector<segment> out;
  each_segment(values.size(), starts, [&](size_t begin, size_t end) { out.push_back(fit(values, begin, end)); });
  return out;
}

std::vector<double> clipped_residuals(std::span<const double> values, std::span<const size_t> starts) {
  std::vector<double> out{values.begin(), values.end()};
  auto part = [&](size_t begin, size_t end) { return std::span{out}.subspan(begin, end - begin); };
  if (out.empty())
    return out;
  each_segment(out.size(), starts, [&](size_t begin, size_t end) { take_residuals(part(begin, end)); });
  clip_residuals(out);
  each_segment(out.size(), starts, [&](size_t begin, size_t end) {
    double centre = mean(part(begin, end));
    for (auto& each : part(begin, end))
      each -= centre;
  });
  return out;
}

double pooled_autocorrelation(std::span<const double> values, std::span<const size_t> starts) {
  auto residuals = clipped_residuals(values, starts);
  double products = 0, squares = 0;
  each_segment(residuals.size(), starts, [&](size_t begin, size_t end) {
    for (auto i = begin; i < end; ++i) {
      squares += residuals[i] * residuals[i];
      products += i > begin ? residuals[i - 1] * residuals[i] : 0;
    }
  });
  return squares > 0 ? corrected_autocorrelation(products / squares, residuals.size(), starts.size() + 1) : 0;
}

} // namespace hive::analysis
