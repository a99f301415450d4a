#include "analysis/history_culprits.hpp"

#include <algorithm>
#include <string>

namespace hive::analysis {
namespace {

std::optional<refusal> check(std::span<const version_values> versions, size_t change) {
  size_t values = 0;
  for (size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].begin != values || versions[i].end < values)
      return refusal::invalid("the values of version " + std::to_string(i) + " do not begin where those before it end");
    values = versions[i].end;
  }
  if (change == 0 || change >= values)
    return refusal::invalid("a change at value " + std::to_string(change) + " is outside of " + std::to_string(values) +
                            " values");
  return std::nullopt;
}

bool is_measured(const version_values& version) {
  return version.begin < version.end;
}

/// A place where a version's values begin, and the versions that may differ from what was measured before it.
struct border {
  size_t distance = 0; ///< from the change
  size_t first = 0;
  size_t last = 0;
};

/// Borders near the change, in the order of the versions.
std::vector<border> near_borders(std::span<const version_values> versions, size_t change) {
  std::vector<border> out;
  std::optional<size_t> measured;
  for (size_t i = 0; i < versions.size(); ++i) {
    if (!is_measured(versions[i]))
      continue;
    auto begin = versions[i].begin;
    auto distance = std::max(begin, change) - std::min(begin, change);
    if (measured && distance <= change_place_slack)
      out.push_back({distance, *measured + 1, i});
    measured = i;
  }
  return out;
}

} // namespace

std::variant<culprits, refusal> history_culprits(std::span<const version_values> versions, size_t change) {
  if (auto refused = check(versions, change))
    return *refused;
  culprits out;
  for (size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].begin < change && is_measured(versions[i]))
      out.before = i;
    if (!out.after && versions[i].end > change)
      out.after = i;
  }
  auto borders = near_borders(versions, change);
  std::ranges::stable_sort(borders, {}, &border::distance);
  for (const auto& each : borders)
    for (auto version = each.first; version <= each.last; ++version)
      out.suspects.push_back(version);
  return out;
}

} // namespace hive::analysis
