#pragma once

#include "actors/upgrade/gate/certificate.hpp"
#include "actors/upgrade/gate/tally.hpp"

#include <map>

namespace hive::gate {

/// What a track waits for.
enum class phase : uint8_t { idle, judging, stage, going_back };

/// State of a track: a function of its newest sealed value.
class track_state {
public:
  /// Before any value.
  track_state(uint8_t track, const generation& first) : track_{track}, chain_{first.hash()} {
  }
  /// `begins_line`: the value is the last one of the line before. What it left open is dropped.
  explicit track_state(value_ptr newest, bool begins_line = false)
      : newest_{std::move(newest)}, track_{newest_->content->getTrack()}, chain_{newest_->hash}, begins_line_{
                                                                                                   begins_line} {
  }

  uint8_t track() const {
    return track_;
  }
  /// Of the newest value; 0 before any.
  uint64_t position() const {
    return newest_ ? newest_->content->getPosition() : 0;
  }
  /// The decision hash of the newest value.
  const digest& chain() const {
    return chain_;
  }
  const value_ptr& newest() const {
    return newest_;
  }
  phase now() const;
  /// The proposal that is or was decided last; null before any.
  const proposal_ptr& what() const;
  /// 0 while judging.
  uint8_t stage() const {
    return newest_ ? newest_->content->getStage() : 0;
  }
  /// Who deploys, or had to.
  std::vector<node_id> canaries() const;
  bool is_canary(const node_id& node) const;
  /// Start that may lead round 0 at the next position; 0: none.
  uint64_t first() const {
    return newest_ && !begins_line_ ? newest_->content->getFirst() : 0;
  }
  /// Whether nothing is sealed yet in the line of generations that is in force.
  bool begins_line() const {
    return begins_line_;
  }
  /// Whether the proposal was open when a quorum was lost, and is decided nowhere in this line.
  bool is_dropped() const;
  /// Whether the proposal was opened at one of the last positions.
  bool was_opened(const digest& proposal) const;

private:
  value_ptr newest_;
  uint8_t track_ = 0;
  digest chain_{};
  bool begins_line_ = false;
};

/// What a node has heard that may justify the next value. Asks are of all nodes, votes and runs of sealers.
struct knowledge {
  std::map<node_id, statement_ptr> asks;
  std::map<node_id, statement_ptr> votes;
  std::map<node_id, statement_ptr> runs;
  quarantine_set quarantined;
};

/// A value that may follow, as its owner chooses it.
struct choice {
  wire::GateValueKind kind{};
  proposal_ptr what;
  node_id proposer;
  uint8_t stage = 0;
  generation_ptr members;
  statements evidence;
};

/// The value that an owner chooses when it is free: stop before rejected before approved; at idle the ask that has
/// waited longest. None: nothing follows from what is known.
std::optional<choice> choose(const track_state& now, const generation& sealers, const knowledge& known);

/// The canonical value of a choice at the next position. `first`: see GateValue.
value_ptr make_value(const track_state& now, const generation& sealers, const choice& what, uint64_t first);

/// Whether the value may follow by its evidence alone: it is what make_value makes of a choice that its evidence
/// supports. `quarantined` is empty for a value that promises compel. ec::invalid, naming the rule that it breaks.
caf::error check_follows(const track_state& now, const generation& sealers, const proposed_value& value,
                         const quarantine_set& quarantined);

/// A request to stop the open proposal by a node that may; null: none.
statement_ptr find_stop(const track_state& now, const generation& sealers, const knowledge& known);

/// Why the node's ask to propose is not open, for people; empty when it may be opened.
std::string why_refused(const track_state& now, const generation& sealers, const statement& ask);

} // namespace hive::gate
