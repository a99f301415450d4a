#pragma once

#include "actors/hive/members/membership.hpp"
#include "actors/hive/state/replica.hpp"
#include "messages/gossip.capnp.h"
#include "messages/hive.capnp.h"

/// One exchange between two replicas: push and pull in at most two questions. Who begins asks with its root alone; most
/// exchanges of a quiet hive end with the answer that the roots are the same.
///
///     root                          →
///                                   ←   root, and digest if it differs
///     root, digest, what B lacks    →
///                                   ←   root, what A lacks
///
/// Or a push: news goes out unasked, to a node that is assumed to have all before it.
///
///     root, news                    →
///                                   ←   root, and digest if B lacks what the news builds on
///
/// The exchange then goes on as above.
namespace hive::gossip {

/// What goes into one message.
struct contents {
  size_t delta_bytes = size_t{256} << 10; ///< at most
  uint64_t turn = 0;                      ///< any number; see replica::delta_for
  std::vector<member_claim> claims = {};
  node_id peer = {};           ///< at the other end; nobody is blamed for what a peer without a name alters
  bool wants_evidence = false; ///< in a first question
  bool wants_pushes = false;   ///< likewise: too few nodes push news to this one
};

/// The first question.
msg<wire::GossipQuestion> begin(const replica& own, const contents& more);

/// A question that brings news without being asked, see replica::delta_since.
msg<wire::GossipQuestion> push(const replica& own, const msg<wire::HiveDelta>& news);

/// What pushed news was good for.
struct push_verdict {
  bool redundant = false; ///< others push the same sooner: the peer need not
  bool has_gap = false;   ///< this node lacks what the news builds on
};

/// Answers a push whose news was joined. ec::malformed for a root of the wrong length.
caf::expected<msg<wire::GossipAnswer>> answer_push(const replica& own, wire::GossipQuestion::Reader question,
                                                   int64_t now_unix_micros, push_verdict verdict);

/// Answers either question of an exchange; what the second one brings is taken in. ec::malformed for a root of the
/// wrong length.
caf::expected<msg<wire::GossipAnswer>> answer(replica& own, wire::GossipQuestion::Reader question,
                                              int64_t now_unix_micros, const contents& more, join_outcome& joined);

/// Takes in what an answer brings, and returns the second question when it asks for one. Fails as `answer`.
caf::expected<std::optional<msg<wire::GossipQuestion>>> go_on(replica& own, wire::GossipAnswer::Reader answer,
                                                              int64_t now_unix_micros, const contents& more,
                                                              join_outcome& joined);

/// The claims of a message.
std::vector<member_claim> claims_of(wire::MemberClaims::Reader claims);

/// Whether the message's sender held the same as `own` does now.
bool has_same_root(const replica& own, capnp::Data::Reader root);

} // namespace hive::gossip
