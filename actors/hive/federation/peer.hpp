#pragma once

#include "actors/hive/core/core_types.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/hive/link/api.hpp"
#include "actors/remote/api.hpp"
#include "messages/gossip.capnp.h"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive {

/// internal: request to send a question to the other node. One at a time.
struct ask_peer {
  msg<wire::GossipQuestion> question;
};
using peer_actor =
  link_actor::extend_with<spawning_link_actor>::extend<caf::reacts_to<link_up>, caf::reacts_to<ask_peer>,
                                                       caf::reacts_to<spawning_started>>;

/// internal: messages from the actors of the peers. The sender is identified by its link and not by the message.
using peer_owner_actor = caf::typed_actor<caf::replies_to<question_received>::with<msg<wire::GossipAnswer>>,
                                          caf::reacts_to<answer_received>, //
                                          caf::reacts_to<close_received>,  //
                                          caf::reacts_to<malformed_received>>;

/// Services the peer depends on.
struct peer_services {
  peer_owner_actor federation;
};

struct peer_options {
  node_id node; ///< the other node
};

/// Spawns the actor for one other node: it forwards that node's questions to the federation, one at a time, and the
/// federation's questions to that node. Requests to spawn go to the spawner in the name of the actor that sent them, so
/// that the spawner notices the end of that actor. A slow or silent node delays only its own actor. After
/// defaults::max_unanswered_questions in a row without an answer this actor ends with ec::timed_out, which closes the
/// link.
peer_actor spawn_peer(caf::actor_system& system, peer_services services, peer_options options);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::ask_peer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::question_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::answer_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::close_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::malformed_received)
