#pragma once

#include "actors/hive/core/core_types.hpp"
#include "actors/hive/link/api.hpp"
#include "actors/remote/api.hpp"
#include "messages/gossip.capnp.h"

#include <caf/typed_event_based_actor.hpp>

namespace hive {

/// internal: request to send a question to the other node. One at a time.
struct ask_peer {
  msg<wire::GossipQuestion> question;
};
using peer_actor = link_actor::extend<caf::reacts_to<link_up>, caf::reacts_to<ask_peer>>;

/// internal: messages from the actors of the peers. The sender is identified by its link and not by the message.
using peer_owner_actor = caf::typed_actor<caf::replies_to<question_received>::with<msg<wire::GossipAnswer>>,
                                          caf::reacts_to<answer_received>, //
                                          caf::reacts_to<close_received>,  //
                                          caf::reacts_to<malformed_received>>;

/// Actor for one other node: forwards that node's questions to the federation, one at a time, and the federation's
/// questions to that node. A slow or silent node delays only its own actor. After defaults::max_unanswered_questions in
/// a row without an answer this actor ends, which closes the link.
class peer_state {
public:
  using pointer = peer_actor::stateful_pointer<peer_state>;
  static inline const char* name = "peer";

  void init(pointer self, node_id node, peer_owner_actor federation);

  void attach(const link_up& up);
  caf::result<msg<wire::GossipAnswer>> answer(const msg<wire::GossipQuestion>& question);
  /// Reports the answer or the error to the federation.
  void ask(const msg<wire::GossipQuestion>& question);
  void on_close();

private:
  pointer self_ = nullptr;
  node_id node_;
  peer_owner_actor federation_;
  link_actor other_;
  bool answering_ = false;
  uint32_t unanswered_ = 0; ///< in a row
};

peer_actor::behavior_type peer(peer_state::pointer self, node_id node, peer_owner_actor federation);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::ask_peer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::question_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::answer_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::close_received)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::malformed_received)
