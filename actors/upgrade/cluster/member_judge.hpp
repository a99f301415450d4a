#pragma once

#include "actors/upgrade/api.hpp"
#include "actors/upgrade/cluster/member_vote.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace hive {

/// Asks by what this node votes on the versions of a proposal.
struct judge_order {
  uint8_t track = 0;
  std::string track_name;
  gate::proposal_ptr what;
  uint8_t attempt = 0;
  std::string voted_hash; ///< of the document of the attempt before
};

/// Judges proposals for the gate.
using member_judge_actor = caf::typed_actor<
  // Answers when there is something to vote on: at the first attempt at once, or when the paired measurement that the
  // proposal wants has ended; later when the node's measurements have changed since the attempt before. That may be
  // never. ec::conflict when another order for the track replaces it. ec::corrupt.
  caf::replies_to<judge_order>::with<member_vote>>;

struct member_judge_options {
  std::vector<analysis::configured_rules> rules; ///< the operator's, for metrics
  /// Wait until unchanged measurements are looked at again; doubled up to `longest_pause`.
  std::chrono::milliseconds first_pause{1'000};
  std::chrono::milliseconds longest_pause{60'000};
};

member_judge_actor spawn_member_judge(caf::actor_system& system, std::shared_ptr<const database> db,
                                      upgrade_measurer_actor measurer, member_judge_options options);

} // namespace hive

// Messages within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::judge_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::member_vote)
