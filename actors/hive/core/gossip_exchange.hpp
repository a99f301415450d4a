#pragma once

#include "actors/hive/members/membership.hpp"
#include "actors/hive/state/replica.hpp"
#include "messages/gossip.capnp.h"
#include "messages/hive.capnp.h"

/// Push-pull exchange between two replicas in at most two questions. The first carries only the root hash; in a quiet
/// hive most exchanges end with an equal root.
///
///     root                          →
///                                   ←   root, and digest if it differs
///     root, digest, what B lacks    →
///                                   ←   root, what A lacks
///
/// A push sends new slots unasked to a node that should have everything before them:
///
///     root, new slots               →
///                                   ←   root, and digest if B lacks what they build on
///
/// The exchange then continues as above.
namespace hive::gossip {

/// CRL number of the newest revocation list of a CA that a node knows.
struct revocation_number {
  std::string ca; ///< key fingerprint, in hex
  uint64_t number = 0;
};

/// Content of one message.
struct contents {
  size_t delta_bytes = size_t{256} << 10; ///< limit
  uint64_t turn = 0;                      ///< random; see replica::delta_for
  std::vector<member_claim> claims = {};
  node_id peer = {};           ///< receiver; without an id it is not blamed for altered data
  bool wants_evidence = false; ///< asks for claims about live nodes; only in a first question
  bool wants_pushes = false;   ///< asks for pushes, since too few nodes push to this one; only in a first question
  std::vector<revocation_number> revocations = {}; ///< per CA that this node trusts
  std::vector<std::string> lists = {};             ///< revocation lists that the receiver lacks, DER
};

/// Starts an exchange.
msg<wire::GossipQuestion> begin(const replica& own, const contents& more);

/// Pushes new slots, see replica::delta_since.
msg<wire::GossipQuestion> push(const replica& own, const msg<wire::HiveDelta>& news);

/// Effect of a push.
struct push_verdict {
  bool redundant = false; ///< other nodes push the same slots sooner: the peer may stop
  bool has_gap = false;   ///< this node lacks what the slots build on
};

/// Answers a push that has been joined. ec::malformed for a root of the wrong length.
caf::expected<msg<wire::GossipAnswer>> answer_push(const replica& own, wire::GossipQuestion::Reader question,
                                                   int64_t now_unix_micros, push_verdict verdict);

/// Answers either question of an exchange, and joins the delta of the second. ec::malformed for a root of the wrong
/// length.
caf::expected<msg<wire::GossipAnswer>> answer(replica& own, wire::GossipQuestion::Reader question,
                                              int64_t now_unix_micros, const contents& more, join_outcome& joined);

/// Joins the delta of an answer, and returns the second question if one is needed. ec::malformed for a root of the
/// wrong length.
caf::expected<std::optional<msg<wire::GossipQuestion>>> go_on(replica& own, wire::GossipAnswer::Reader answer,
                                                              int64_t now_unix_micros, const contents& more,
                                                              join_outcome& joined);

/// Decodes the claims of a message.
std::vector<member_claim> claims_of(wire::MemberClaims::Reader claims);

/// What the sender of a message knows of each CA. ec::malformed for a hash of the wrong length.
caf::expected<std::vector<revocation_number>>
revocations_of(capnp::List<wire::KnownRevocations, capnp::Kind::STRUCT>::Reader known);

/// Whether this answer shows that its sender holds no slots of this node which were written after all that `own` has.
bool has_told_own_slots(const replica& own, wire::GossipAnswer::Reader answer);

/// Whether the sender of this root had the same content as `own` has now.
bool has_same_root(const replica& own, capnp::Data::Reader root);

} // namespace hive::gossip
