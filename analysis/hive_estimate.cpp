#include "analysis/hive_estimate.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace hive::analysis {
namespace {

uint64_t weight_of(const tool_sums& node) {
  return std::min(node.n, max_origin_weight);
}

/// a/b rounded to the nearest integer; b is positive.
wide_int divide(wide_int a, wide_int b) {
  return (a + (a < 0 ? -b / 2 : b / 2)) / b;
}

/// One node's figure per record, and the node's weight.
struct opinion {
  wide_int value = 0;
  uint64_t weight = 0;
  auto operator<=>(const opinion&) const = default;
};

/// Weighted mean after dropping the extremes. Mean squares are at most 2^79 and the total weight at most 2^20, so the
/// sum fits 128 bits.
wide_int trimmed_mean(std::vector<opinion> opinions) {
  std::ranges::sort(opinions);
  auto trimmed = opinions.size() < trimmed_from ? 0 : trimmed_at_each_end(opinions.size());
  wide_int sum = 0, weights = 0;
  for (const auto& each : std::span{opinions}.subspan(trimmed, opinions.size() - 2 * trimmed)) {
    sum += each.value * static_cast<wide_int>(each.weight);
    weights += static_cast<wide_int>(each.weight);
  }
  return divide(sum, weights);
}

/// The hive's estimate of one figure; `of` returns that figure from a node's sums.
template <class Of>
wide_int estimate_of(std::span<const tool_sums> nodes, Of of) {
  std::vector<opinion> opinions;
  opinions.reserve(nodes.size());
  for (const auto& node : nodes)
    opinions.push_back({divide(of(node), static_cast<wide_int>(node.n)), weight_of(node)});
  return trimmed_mean(std::move(opinions));
}

bool can_be_pooled(std::span<const tool_sums> nodes) {
  return nodes.size() == 1 || (nodes.size() < trimmed_from && std::ranges::all_of(nodes, [](const tool_sums& node) {
                                 return node.n <= max_origin_weight;
                               }));
}

} // namespace

size_t trimmed_at_each_end(size_t nodes) {
  return std::max<size_t>(1, nodes / 4);
}

tool_sums estimate(std::span<const tool_sums> nodes) {
  tool_sums out;
  if (nodes.empty())
    return out;
  for (const auto& node : nodes)
    out += node;
  if (can_be_pooled(nodes))
    return out;
  auto n = static_cast<wide_int>(out.n);
  auto rate = estimate_of(nodes, [](const tool_sums& node) { return static_cast<wide_int>(node.success_ppm); });
  auto time = estimate_of(nodes, [](const tool_sums& node) { return static_cast<wide_int>(node.time_us); });
  auto square = estimate_of(nodes, [](const tool_sums& node) { return static_cast<wide_int>(node.time_us2); });
  auto log = estimate_of(nodes, [](const tool_sums& node) { return node.log_ppm; });
  out.success_ppm = static_cast<uint64_t>(rate * n);
  out.time_us = static_cast<wide_uint>(time * n);
  out.time_us2 = static_cast<wide_uint>(square * n);
  out.log_ppm = log * n;
  return out;
}

} // namespace hive::analysis
