#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace hive::analysis {

// The anchor is the best that an agent was shown to do. It is what a slow decay is measured against: it moves upward by
// evidence alone, and downward only when somebody accepts that.

/// Rate of success of one action at the anchor.
struct anchor_rate {
  std::string_view action;
  double rate = 0;
};

/// Counted runs of one action.
struct action_sample {
  std::string_view action;
  uint32_t runs = 0;
  uint32_t successes = 0;
};

/// Runs that each action needs before a sample may move the anchor.
inline constexpr uint32_t min_anchor_runs = 200;
/// Confidence of the two-sided interval whose lower end must be above the anchor: one-sided 95%.
inline constexpr double anchor_confidence = 0.90;

/// Whether a capture with these samples becomes the anchor: each action of the anchor has at least `min_anchor_runs`
/// runs, and the lower end of the Wilson interval of its rate is above the anchor's rate. An action that is missing
/// from the samples, or an anchor without actions, is no evidence: false.
bool moves_anchor(std::span<const anchor_rate> anchor, std::span<const action_sample> samples);

/// The rates of the anchor that a new prompt or structure begins with: of each action the higher of the old anchor's
/// rate and that of the new lineage's own sample, if it has `min_anchor_runs`. Actions that only the sample has join
/// likewise. So a new lineage does not begin lower than the old one was.
std::vector<anchor_rate> anchor_of_new_lineage(std::span<const anchor_rate> old_anchor,
                                               std::span<const action_sample> samples);

/// An action that does worse than at the anchor.
struct decayed_action {
  std::string_view action;
  double anchor_rate = 0;
  double limit = 0;              ///< 0.95 × the anchor's rate
  std::optional<double> present; ///< nothing: the action has no runs any more
};

/// The actions whose present rate is below 0.95 × that of the anchor, or that have no runs, in the anchor's order.
std::vector<decayed_action> decayed_actions(std::span<const anchor_rate> anchor,
                                            std::span<const action_sample> present);

} // namespace hive::analysis
