#include "analysis/multiple_tests.hpp"

#include <algorithm>
#include <numeric>

namespace hive::analysis {
namespace {

std::vector<size_t> ascending_order(std::span<const double> p) {
  std::vector<size_t> out(p.size());
  std::iota(out.begin(), out.end(), size_t{0});
  std::ranges::stable_sort(out, {}, [&](size_t i) { return p[i]; });
  return out;
}

} // namespace

std::vector<double> holm(std::span<const double> p) {
  std::vector<double> out(p.size());
  double largest = 0;
  auto hypotheses = static_cast<double>(p.size());
  for (auto i : ascending_order(p))
    out[i] = largest = std::max(largest, std::min(1.0, hypotheses-- * p[i]));
  return out;
}

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  std::vector<double> out(p.size());
  auto order = ascending_order(p);
  double smallest = 1;
  for (auto place = order.size(); place > 0; --place) {
    auto i = order[place - 1];
    smallest = std::min(smallest, static_cast<double>(p.size()) * p[i] / static_cast<double>(place));
    out[i] = smallest;
  }
  return out;
}

} // namespace hive::analysis
