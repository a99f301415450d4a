#include "analysis/series_buckets.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hive::analysis {
namespace {

using weighted_value = std::pair<double, uint64_t>;

/// The value with half of the weight on either side; between two such values, their mean. NaN without values.
double weighted_median(std::vector<weighted_value> values) {
  std::ranges::sort(values);
  uint64_t whole = 0, before = 0;
  for (const auto& [value, weight] : values)
    whole += weight;
  for (size_t i = 0; i < values.size(); ++i) {
    before += values[i].second;
    if (2 * before == whole) // more values follow, since all weights are above zero
      return values[i].first / 2 + values[i + 1].first / 2;
    if (2 * before > whole)
      return values[i].first;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

} // namespace

capture_range join(std::span<const capture_range> ranges) {
  if (ranges.size() == 1)
    return ranges.front();
  auto out = ranges.front();
  out.to = ranges.back().to;
  std::vector<weighted_value> medians;
  medians.reserve(ranges.size());
  if (out.count != 0)
    medians.emplace_back(out.median, out.count);
  for (const auto& each : ranges.subspan(1)) {
    out.last_capture = std::max(out.last_capture, each.last_capture);
    out.least = std::fmin(out.least, each.least); // ignores NaN
    out.most = std::fmax(out.most, each.most);
    out.count += each.count;
    out.left_out += each.left_out;
    if (each.count != 0)
      medians.emplace_back(each.median, each.count);
  }
  out.median = weighted_median(std::move(medians));
  return out;
}

std::vector<capture_range> to_buckets(std::span<const capture_range> ranges, size_t most) {
  uint64_t whole = 0, before = 0;
  for (const auto& each : ranges)
    whole += each.captures();
  std::vector<capture_range> out;
  size_t begin = 0;
  uint64_t current = 0;
  for (size_t i = 0; i < ranges.size(); ++i) {
    auto bucket = before * most / whole;
    if (i > begin && bucket != current) {
      out.push_back(join(ranges.subspan(begin, i - begin)));
      begin = i;
    }
    current = bucket;
    before += ranges[i].captures();
  }
  if (begin < ranges.size())
    out.push_back(join(ranges.subspan(begin)));
  return out;
}

} // namespace hive::analysis
