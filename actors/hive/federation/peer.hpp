#pragma once

#include "actors/interfaces.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace hive {

/// internal: the federation tells the actor of a peer that its link stands, and has it begin an exchange.
struct begin_exchange {
  msg<wire::GossipQuestion> question;
};
using peer_actor = link_actor::extend<caf::reacts_to<link_up>, caf::reacts_to<begin_exchange>>;

/// A peer's question, with who asks: the link tells, not the message.
struct peer_question {
  node_id from;
  msg<wire::GossipQuestion> question;
};

/// What a peer answered, or the error, with what it cost.
struct peer_answer {
  node_id from;
  caf::expected<msg<wire::GossipAnswer>> answer;
  std::chrono::microseconds round_trip{0};
  size_t sent_bytes = 0;
};

/// A peer says farewell.
struct peer_farewell {
  node_id from;
};

/// So many messages of a peer could not be read.
struct peer_unreadable {
  node_id from;
  uint64_t messages = 0;
};

/// The second question of an exchange, or nothing: it is over.
struct next_question {
  std::optional<msg<wire::GossipQuestion>> question;
};

/// internal: what the peers ask the federation, which alone has the replica.
using gossip_actor = caf::typed_actor<caf::replies_to<peer_question>::with<msg<wire::GossipAnswer>>,
                                      caf::replies_to<peer_answer>::with<next_question>, //
                                      caf::reacts_to<peer_farewell>,                     //
                                      caf::reacts_to<peer_unreadable>>;

/// Talks with one other node: hands its questions to the federation, one at a time, and takes the federation's
/// questions to it. A node that is slow or silent holds up its own actor and no other; one that leaves
/// defaults::max_unanswered_questions in a row without an answer loses the link, for which this actor ends.
class peer_state {
public:
  using pointer = peer_actor::stateful_pointer<peer_state>;
  static inline const char* name = "peer";

  void init(pointer self, node_id node, gossip_actor federation);

  void attach(const link_up& up);
  caf::result<msg<wire::GossipAnswer>> answer(const msg<wire::GossipQuestion>& question);
  /// Ends with the federation's knowing how it went.
  void begin(const begin_exchange& what);
  void take_leave();

private:
  void ask(const msg<wire::GossipQuestion>& question);
  void report(peer_answer what);

  pointer self_ = nullptr;
  node_id node_;
  gossip_actor federation_;
  link_actor other_;
  bool answering_ = false;
  uint32_t unanswered_ = 0; ///< questions in a row
};

/// Spawn with `self->spawn(peer, node, federation)`.
peer_actor::behavior_type peer(peer_state::pointer self, node_id node, gossip_actor federation);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::begin_exchange)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::peer_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::peer_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::peer_farewell)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::peer_unreadable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::next_question)
