#pragma once

#include "analysis/tool_sums.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace hive::analysis {

/// The values of a history that were measured of one version: from `begin` up to, but without, `end`. Empty for a
/// version that was never measured.
struct version_values {
  size_t begin = 0;
  size_t end = 0;
};

/// By how many values the index of a change may be off. A step of 2.5 standard deviations is placed within two values
/// in about 95 of 100 series; a larger one is placed better.
inline constexpr size_t change_place_slack = 2;

/// What may have caused a change. Versions are indices into the list.
struct culprits {
  std::optional<size_t> before; ///< the version of the last value before the change
  std::optional<size_t> after;  ///< the version of the first value after it
  /// Versions that may have caused it, the likeliest first. Empty where the change lies within the values of one
  /// version and far from others: then its cause is not a version, but the machine or what is measured.
  std::vector<size_t> suspects;
};

/// The versions between which a change lies. A change at a border between two measured versions is due to the later of
/// them or to one in between that was not measured; these are equally likely, so that they stand in their order.
/// Borders within `change_place_slack` values count, the nearest first, of equally near ones the earlier first.
///
/// `versions` are in the order of their values: each begins where the one before it ends, and the first at 0. `change`
/// is the index of the first value at the new level, in (0, number of values). Refuses, as invalid, anything else.
std::variant<culprits, refusal> history_culprits(std::span<const version_values> versions, size_t change);

} // namespace hive::analysis
