#pragma once

#include "analysis/gate_options.hpp"
#include "analysis/gate_scale.hpp"
#include "analysis/signed_rank_look.hpp"
#include "analysis/tail_guard.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hive::analysis {

/// Version of the rules in this file and in those that it builds on. A document that states a verdict names it, and is
/// computed again by the version that it names.
inline constexpr uint32_t gate_version = 1;

struct gate_result {
  verdict decided = verdict::inconclusive;
  gate_reason reason = gate_reason::too_few_values;
  gate_scale scale;               ///< of the last look's estimate and bounds; see `readable_change`
  std::vector<look_result> looks; ///< up to the one that decided, or the newest
  tail_result tail;               ///< at the same look
  uint32_t pairs_used = 0;        ///< by that look; later pairs say nothing until the next one
  /// How many pairs more than `pairs_used` the look has at which a verdict is to be expected, if the pairs go on as
  /// they are: at least those of the next look, and more than the plan has when its looks will not do. Nothing once
  /// more pairs change nothing, or when none would do.
  std::optional<uint32_t> pairs_still_needed;
};

/// Whether a metric got worse, from pairs (old, new) measured one right after the other, in the order of time. A
/// group-sequential test of the margin: judged only after as many pairs as the plan's looks have, so that a caller may
/// ask after every pair; the first look that is not inconclusive decides, and later pairs do not change it. With the
/// bounds of one-sided levels that sum up to 5%, safe means that the change is below the margin, and regressed that it
/// is above it (see `judge_look`); unless the tail guard withholds safe or finds more spikes (see `compare_tails`), at
/// the look's level, shared among the critical metrics.
///
/// Never safe: options with a problem, a value that is not finite, sides of different length, pairs too few for the
/// first look, values of 0 or less without an absolute margin, a resolution coarser than the margin. Takes time O(n)
/// for n pairs beyond those that the looks use.
gate_result judge_pairs(std::span<const double> old_values, std::span<const double> new_values,
                        const gate_options& options);

} // namespace hive::analysis
