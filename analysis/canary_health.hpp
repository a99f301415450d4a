#pragma once

#include "analysis/canary_rates.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hive::analysis {

/// What a criterion says of all canaries of a stage together.
struct criterion_judgement {
  canary_criterion criterion = canary_criterion::success_rate;
  verdict decided = verdict::inconclusive;
  std::string reason;
  std::optional<canary_rates> rates = {}; ///< of criteria that compare shares
};

/// What a node says of a stage.
struct stage_judgement {
  verdict decided = verdict::inconclusive;
  std::string reason;                        ///< what decided, or what is missing
  std::vector<criterion_judgement> criteria; ///< those that are on, in the order of the enumeration
  std::vector<std::string> left_out;         ///< why what some nodes told was not used
};

/// Judges the canaries of a stage. Regressed as soon as any criterion is. Safe when the duration is observed and every
/// criterion that is on is safe: what is missing is never a pass. Inconclusive otherwise, and whenever the view has a
/// problem. What a node told is left out if it has one; the node then told nothing.
///
/// - Shares of failures: see `judge_rate`. What hits canaries and controls at the same time is not blamed on canaries.
/// - Guardrail: regressed as soon as any canary finds a violation, whatever the controls find. Safe when each canary
///   checked.
/// - Responding: regressed when a canary is silent for `responding_grace_s`, unless at least half of the controls other
///   than the judge are too: then it may be the judge that hears nothing. Safe when none is silent for half of it.
/// - Benchmarks: regressed when a metric is worse on a canary and on no control; worse on both, inconclusive. Safe when
///   each canary judged its benchmarks and none is worse.
///
/// Takes time O(nodes·blocks) for each of a few looks.
stage_judgement judge_stage(const stage_view& view);

} // namespace hive::analysis
