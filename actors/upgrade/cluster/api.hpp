#pragma once

// Upgrades that the nodes of a hive decide together.

#include "actors/slot_topic.hpp"
#include "actors/upgrade/stages/api.hpp"
#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct AdmitNode;
struct ChangeMembers;
struct ClusterUpgrade;
struct ClusterUpgradeList;
struct ClusterUpgradeListQuery;
struct ClusterUpgradeQuery;
struct DecisionDocument;
struct DecisionDocumentQuery;
struct ProposeUpgrade;
struct StopUpgrade;
struct TrackMembers;
struct TrackMembersList;
struct TrackMembersQuery;
} // namespace hive::wire

namespace hive {

/// The actor that watches stages has started, also again.
struct stages_started {
  stage_watcher_actor watcher;
};

/// This node's part in the decisions of its hive: it proposes, votes, seals, and runs the hooks of what was decided.
using cluster_gate_actor = caf::typed_actor<
  // Asks the hive; answers once the ask is durable here. It survives this node once it is pending. ec::invalid for a
  // proposal that cannot be decided, ec::unsupported for a track or members that are not configured, ec::conflict while
  // another one is open and this one does not queue, ec::unavailable while this node is not admitted.
  caf::replies_to<msg<wire::ProposeUpgrade>>::with<msg<wire::ClusterUpgrade>>,
  // A proposal as this node sees it. ec::not_found; ec::conflict for a prefix of several ids.
  caf::replies_to<msg<wire::ClusterUpgradeQuery>>::with<msg<wire::ClusterUpgrade>>,
  // All that are kept, the newest first.
  caf::replies_to<msg<wire::ClusterUpgradeListQuery>>::with<msg<wire::ClusterUpgradeList>>,
  // Asks the hive to abort it or to roll it back; answers once the ask is durable here. ec::conflict when it is over.
  caf::replies_to<msg<wire::StopUpgrade>>::with<msg<wire::ClusterUpgrade>>,
  // Everything that proves what was decided. ec::no_data before the proposal is open.
  caf::replies_to<msg<wire::DecisionDocumentQuery>>::with<msg<wire::DecisionDocument>>,
  // Who decides on each track.
  caf::replies_to<msg<wire::TrackMembersQuery>>::with<msg<wire::TrackMembersList>>,
  // Asks for other members; answers once the ask is durable here.
  caf::replies_to<msg<wire::ChangeMembers>>::with<msg<wire::TrackMembers>>,
  // Vouches for this node's disk.
  caf::replies_to<msg<wire::AdmitNode>>::with<msg<wire::TrackMembersList>>,
  // Statements of the other nodes, and those of this one that its disk may have lost.
  caf::reacts_to<slots_accepted>, caf::reacts_to<slots_withdrawn>,
  // How the stages of rollouts go on.
  caf::reacts_to<stages_started>, caf::reacts_to<stage_judged>,
  // Takes part from now on.
  caf::reacts_to<sharing_started>>;

} // namespace hive

// Messages within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::stages_started)
