#pragma once

#include "actors/hive/core/core_types.hpp"
#include "actors/hive/link/api.hpp"
#include "actors/remote/api.hpp"
#include "messages/gossip.capnp.h"

#include <caf/typed_event_based_actor.hpp>

namespace hive {

/// internal: the federation has a peer's actor ask the other node. One question at a time.
struct ask_peer {
  msg<wire::GossipQuestion> question;
};
using peer_actor = link_actor::extend<caf::reacts_to<link_up>, caf::reacts_to<ask_peer>>;

/// internal: what the peers' actors tell the federation, which alone has the replica. Who asks the link tells, not the
/// message.
using peer_owner_actor = caf::typed_actor<caf::replies_to<question_received>::with<msg<wire::GossipAnswer>>,
                                          caf::reacts_to<answer_received>, //
                                          caf::reacts_to<close_received>,  //
                                          caf::reacts_to<malformed_received>>;

/// Talks with one other node: hands its questions to the federation, one at a time, and takes the federation's
/// questions to it. A node that is slow or silent holds up its own actor and no other; one that leaves
/// defaults::max_unanswered_questions in a row without an answer loses the link, for which this actor ends.
class peer_state {
public:
  using pointer = peer_actor::stateful_pointer<peer_state>;
  static inline const char* name = "peer";

  void init(pointer self, node_id node, peer_owner_actor federation);

  void attach(const link_up& up);
  caf::result<msg<wire::GossipAnswer>> answer(const msg<wire::GossipQuestion>& question);
  /// The federation is told how it went.
  void ask(const msg<wire::GossipQuestion>& question);
  void on_close();

private:
  pointer self_ = nullptr;
  node_id node_;
  peer_owner_actor federation_;
  link_actor other_;
  bool answering_ = false;
  uint32_t unanswered_ = 0; ///< questions in a row
};

/// Spawn with `self->spawn(peer, node, federation)`.
peer_actor::behavior_type peer(peer_state::pointer self, node_id node, peer_owner_actor federation);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::ask_peer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::question_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::answer_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::close_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::malformed_received)
