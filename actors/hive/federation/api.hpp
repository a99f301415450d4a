#pragma once

// Interfaces of the federation.

#include "actors/hive/link/api.hpp"
#include "actors/slot_topic.hpp"
#include "messages/fwd.hpp"
#include "messages/ids.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <set>

namespace hive::wire {
struct HiveStatus;
struct HiveStatusQuery;
struct NodeList;
struct NodeQuery;
struct VouchForStore;
struct RevocationUpload;
struct RevocationQuery;
struct HeldRevocations;
} // namespace hive::wire

namespace hive {

/// A request that another node made over its link, for an engine that it serves over HTTP.
template <class Request>
struct link_request {
  node_id node; ///< the other node
  msg<Request> request;
};

/// Spawns on this node for engines that other nodes serve. The sender is the other node's actor, over its link: what is
/// spawned ends with that actor or with the link, unless it may stay.
using link_spawner_actor = caf::typed_actor<
  // Spawns with a ticket for this node which that node has issued. Errors as for engine_session_actor.
  caf::replies_to<link_request<wire::SpawnAdapter>>::with<adapter_actor>,
  caf::replies_to<link_request<wire::SpawnResearch>>::with<research_session_actor>,
  // Installs a benchmark from git for such a ticket. It stays.
  caf::replies_to<link_request<wire::InstallThere>>::with<msg<wire::Install>>,
  // Ends what the named engine has spawned here. ec::not_found.
  caf::replies_to<link_request<wire::EndSpawned>>::with<msg<wire::SpawnedEnded>>>;

/// From now on this actor serves the requests of other nodes to spawn.
struct spawning_started {
  link_spawner_actor spawner;
};

/// Who uses links.
enum class link_user : uint8_t {
  served_engines, ///< this node spawns on others for its engines
  spawner,        ///< other nodes have spawned here
  installs,       ///< this node has benchmarks installed on others
};

/// Says whose links a service uses, in place of what it said before. In a large hive these links are kept.
struct links_in_use {
  link_user by{};
  std::set<node_id> nodes;
};

/// Asks for the actor that serves requests to spawn at the other end of a link.
struct link_query {
  node_id node;
};

/// Knows the links with other nodes.
using link_directory_actor = caf::typed_actor<caf::reacts_to<links_in_use>,
                                              // Makes a link if there is none. The actor ends with the link.
                                              // ec::unavailable when there is no link in time.
                                              caf::replies_to<link_query>::with<spawning_link_actor>>;

/// The part of the federation used for placement: membership and load.
using hive_view_actor = slot_publisher_actor::extend<
  // This node and all known ones, or only the node asked for; ec::not_found when it is unknown.
  caf::replies_to<msg<wire::NodeQuery>>::with<msg<wire::NodeList>>>;

/// The text of a file with revocation lists.
struct revocation_file {
  std::string path;
  std::string text;
};

struct trust_renewed;

/// The state of the hive on this node, and the owner of its links.
using federation_actor = link_owner_actor::extend_with<hive_view_actor>::extend_with<link_directory_actor>::extend<
  // With publish_slots of the view: slot_sharing_actor.
  caf::reacts_to<publish_together>, caf::reacts_to<slots_admitted>, caf::reacts_to<slot_readers>,
  // Other nodes may spawn on this one from now on.
  caf::reacts_to<spawning_started>,
  // Agreement with the linked nodes, counters and warnings.
  caf::replies_to<msg<wire::HiveStatusQuery>>::with<msg<wire::HiveStatus>>,
  // Ends the wait for what others hold of this node's slots; see hearing.
  caf::replies_to<msg<wire::VouchForStore>>::with<msg<wire::HiveStatus>>,
  // The newest revocation list of each trusted CA.
  caf::replies_to<msg<wire::RevocationQuery>>::with<msg<wire::HeldRevocations>>,
  // Puts a newer list in force, here and in the hive; answers when it is durable. See hive_core's revocations_given.
  caf::replies_to<msg<wire::RevocationUpload>>::with<msg<wire::HeldRevocations>>,
  // The same for a file in the directory of certificates. Older lists are passed over.
  caf::replies_to<revocation_file>::with<caf::ok_atom>,
  // Other CAs or another own certificate.
  caf::reacts_to<trust_renewed>>;

} // namespace hive

// Messages within one node.
template <class Request>
struct caf::allowed_unsafe_message_type<hive::link_request<Request>> : std::true_type {};
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::spawning_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::revocation_file)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::trust_renewed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::links_in_use)
