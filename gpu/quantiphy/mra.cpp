#include "gpu/quantiphy/mra.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace hive::quantiphy {
namespace {

constexpr std::array thresholds{.1, .2, .3, .4, .5, .6, .7, .8, .9, .95};
constexpr std::array strict_thresholds{.50, .55, .60, .65, .70, .75, .80, .85, .90, .95};

template <class Thresholds>
double share_reached(const Thresholds& thresholds, double error) {
  auto reached = std::count_if(thresholds.begin(), thresholds.end(), [&](double t) { return error < 1 - t; });
  return static_cast<double>(reached) / static_cast<double>(thresholds.size());
}

} // namespace

double mra(double prediction, double truth) {
  return share_reached(thresholds, std::abs(std::abs(prediction) - std::abs(truth)) / std::abs(truth));
}

double strict_mra(double prediction, double truth) {
  return share_reached(strict_thresholds, std::abs(prediction - truth) / std::abs(truth));
}

double p95(std::span<const double> values) {
  if (values.empty())
    return 0;
  std::vector<double> sorted{values.begin(), values.end()};
  auto rank = static_cast<size_t>(std::ceil(.95 * static_cast<double>(sorted.size())));
  auto at = sorted.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(sorted.begin(), at, sorted.end());
  return *at;
}

} // namespace hive::quantiphy
