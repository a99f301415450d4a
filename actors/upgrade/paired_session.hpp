#pragma once

#include "analysis/group_sequential.hpp"
#include "messages/msg.hpp"
#include "messages/upgrade.capnp.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// The next round of a paired measurement: one run of each version, in this order.
struct next_round {
  std::string adapter;
  uint32_t number = 1;
  std::vector<wire::RunSide> order;
};

/// When an adapter of a paired measurement has measured enough.
enum class session_goal : uint8_t {
  decision, ///< when more pairs would change no decision of its critical metrics
  pairs     ///< when it has all its pairs
};

/// What a paired measurement runs next, and when it has ended. Pure: rounds and judgements are passed in.
///
/// The adapters take turns, so that each has its rounds spread over the whole time. An adapter ends when it has reached
/// the goal, when it has as many rounds that count as it may have, when twice as many were disturbed, or when one of
/// its runs failed: a version that fails now and then is not safe, so nothing is tried again.
class paired_session {
public:
  /// `sides` are old and new, and the reference if it is a version of its own. At most `most_pairs` rounds of each
  /// adapter count.
  paired_session(std::vector<wire::RunSide> sides, std::vector<std::string> adapters, uint32_t most_pairs,
                 analysis::look_plan plan, session_goal goal = session_goal::decision);

  /// A round that was taken; those of an adapter come in the order of their numbers.
  void add(wire::MeasuredRound::Reader round);

  /// What the rounds so far say. With goal `decision`, an adapter that was judged ends unless a critical metric needs
  /// more pairs.
  void judge(capnp::List<wire::MetricJudgement>::Reader judgements);

  /// Nothing when all adapters have ended.
  std::optional<next_round> next() const;

  /// Whether the newest round of the adapter makes the number of those that count one at which the statistics look.
  bool is_time_to_judge(const std::string& adapter) const;

  /// "pair 13 of at most 60 of NAME": the adapter whose turn it was last.
  std::string progress_text() const;

  /// Estimated time in seconds until the end, by the pace so far and the pairs that undecided metrics still need.
  /// Nothing before the first round.
  std::optional<double> seconds_left() const;

  /// Why an adapter failed; the first one by name.
  std::optional<std::string> failure() const;

  /// Whether an adapter has not reached the goal.
  bool is_spent() const;

  void describe(capnp::List<wire::MeasuredAdapterState>::Builder out) const;
  uint32_t adapters() const {
    return static_cast<uint32_t>(adapters_.size());
  }

private:
  struct adapter_state {
    uint32_t rounds = 0;   ///< taken
    uint32_t left_out = 0; ///< of these
    double seconds = 0;    ///< of all
    uint32_t needed = 0;   ///< rounds in all that undecided metrics need, as far as known
    bool is_decided = false;
    std::string error;
  };

  bool has_all_pairs(const adapter_state& adapter) const;
  bool has_ended(const adapter_state& adapter) const;
  std::vector<wire::RunSide> order_of(uint32_t number) const;

  std::vector<wire::RunSide> sides_;
  uint32_t most_pairs_;
  analysis::look_plan plan_;
  session_goal goal_;
  std::string newest_; ///< the adapter of the newest round
  std::map<std::string, adapter_state> adapters_;
};

} // namespace hive
