#pragma once

// Interfaces of the federation.

#include "actors/hive/link/api.hpp"
#include "actors/slot_topic.hpp"
#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct HiveStatus;
struct HiveStatusQuery;
struct NodeList;
struct NodeQuery;
} // namespace hive::wire

namespace hive {

/// The part of the federation used for placement: membership and load.
using hive_view_actor = slot_publisher_actor::extend<
  // This node and all known ones, or only the node asked for; ec::not_found when it is unknown.
  caf::replies_to<msg<wire::NodeQuery>>::with<msg<wire::NodeList>>>;

/// The state of the hive on this node, and the owner of its links.
using federation_actor = link_owner_actor::extend_with<hive_view_actor>::extend<
  // Agreement with the linked nodes, counters and warnings.
  caf::replies_to<msg<wire::HiveStatusQuery>>::with<msg<wire::HiveStatus>>>;

} // namespace hive
