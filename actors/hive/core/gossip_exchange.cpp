#include "actors/hive/core/gossip_exchange.hpp"

#include "platform/hex.hpp"

#include <algorithm>

namespace hive::gossip {
namespace {

/// Default of MemberClaim.heardAgoMs: no contact.
constexpr uint32_t not_heard = UINT32_MAX;

capnp::Data::Reader root_of(const replica& own) {
  return {own.root().data(), own.root().size()};
}

caf::error check_root(capnp::Data::Reader root) {
  if (root.size() == sizeof(root_hash))
    return caf::none;
  return fail(ec::malformed, "a root hash of " + std::to_string(root.size()) + " bytes");
}

template <class Builder>
void set_claims(Builder out, const std::vector<member_claim>& claims) {
  if (claims.empty())
    return;
  auto list = out.initClaims().initClaims(static_cast<uint32_t>(claims.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setNode(claims[i].node.value);
    list[i].setState(claims[i].state);
    list[i].setEpoch(claims[i].about.epoch);
    list[i].setCount(claims[i].about.count);
    if (claims[i].heard_ago)
      list[i].setHeardAgoMs(static_cast<uint32_t>(claims[i].heard_ago->count()));
  }
}

constexpr size_t fingerprint_bytes = 32;

template <class Builder>
void set_revocations(Builder out, const contents& more) {
  if (!more.revocations.empty()) {
    auto known = out.initRevocations(static_cast<uint32_t>(more.revocations.size()));
    for (uint32_t i = 0; i < known.size(); ++i) {
      known[i].setNumber(more.revocations[i].number);
      auto bytes = known[i].initCa(fingerprint_bytes);
      from_hex(more.revocations[i].ca, {bytes.begin(), bytes.size()});
    }
  }
  if (!more.lists.empty()) {
    auto lists = out.initLists(static_cast<uint32_t>(more.lists.size()));
    for (uint32_t i = 0; i < lists.size(); ++i)
      lists[i].setList({reinterpret_cast<const kj::byte*>(more.lists[i].data()), more.lists[i].size()});
  }
}

} // namespace

caf::expected<std::vector<revocation_number>>
revocations_of(capnp::List<wire::KnownRevocations, capnp::Kind::STRUCT>::Reader known) {
  std::vector<revocation_number> out;
  for (auto each : known) {
    auto ca = each.getCa();
    if (ca.size() != fingerprint_bytes)
      return fail(ec::malformed, "the hash of a CA's key has " + std::to_string(ca.size()) + " bytes");
    out.push_back({to_hex({ca.begin(), ca.size()}), each.getNumber()});
  }
  return out;
}

std::vector<member_claim> claims_of(wire::MemberClaims::Reader claims) {
  std::vector<member_claim> out;
  for (auto claim : claims.getClaims()) {
    auto& next = out.emplace_back(
      member_claim{node_id{claim.getNode().cStr()}, incarnation{claim.getEpoch(), claim.getCount()}, claim.getState()});
    if (claim.getHeardAgoMs() != not_heard)
      next.heard_ago = std::chrono::milliseconds{claim.getHeardAgoMs()};
  }
  return out;
}

bool has_same_root(const replica& own, capnp::Data::Reader root) {
  return std::ranges::equal(root, own.root());
}

bool has_told_own_slots(const replica& own, wire::GossipAnswer::Reader answer) {
  return has_same_root(own, answer.getRoot()) || (answer.hasDigest() && !own.holds_newer_own_slots(answer.getDigest()));
}

msg<wire::GossipQuestion> begin(const replica& own, const contents& more) {
  return msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
    out.setRoot(root_of(own));
    out.setAsksWhoLives(more.wants_evidence);
    out.setWantsPushes(more.wants_pushes);
    set_claims(out, more.claims);
    set_revocations(out, more);
  });
}

msg<wire::GossipQuestion> push(const replica& own, const msg<wire::HiveDelta>& news) {
  return msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
    out.setRoot(root_of(own));
    out.setDelta(*news);
    out.setPushed(true);
  });
}

caf::expected<msg<wire::GossipAnswer>> answer_push(const replica& own, wire::GossipQuestion::Reader question,
                                                   int64_t now_unix_micros, push_verdict verdict) {
  if (auto wrong = check_root(question.getRoot()))
    return wrong;
  return msg<wire::GossipAnswer>::build([&](wire::GossipAnswer::Builder out) {
    out.setRoot(root_of(own));
    out.setClock(now_unix_micros);
    out.setRedundant(verdict.redundant);
    if (verdict.has_gap)
      out.setDigest(*own.digest());
  });
}

caf::expected<msg<wire::GossipAnswer>> answer(replica& own, wire::GossipQuestion::Reader question,
                                              int64_t now_unix_micros, const contents& more, join_outcome& joined) {
  if (auto wrong = check_root(question.getRoot()))
    return wrong;
  if (!question.hasDigest())
    return msg<wire::GossipAnswer>::build([&](wire::GossipAnswer::Builder out) {
      out.setRoot(root_of(own));
      out.setClock(now_unix_micros);
      set_claims(out, more.claims);
      set_revocations(out, more);
      if (!has_same_root(own, question.getRoot()))
        out.setDigest(*own.digest());
    });
  joined = own.join(question.getDelta(), now_unix_micros, more.peer);
  auto lacking = own.delta_for(question.getDigest(), more.delta_bytes, more.turn, more.peer);
  return msg<wire::GossipAnswer>::build([&](wire::GossipAnswer::Builder out) {
    out.setRoot(root_of(own));
    out.setClock(now_unix_micros);
    out.setDelta(*lacking);
  });
}

caf::expected<std::optional<msg<wire::GossipQuestion>>> go_on(replica& own, wire::GossipAnswer::Reader answer,
                                                              int64_t now_unix_micros, const contents& more,
                                                              join_outcome& joined) {
  if (auto wrong = check_root(answer.getRoot()))
    return wrong;
  if (answer.hasDelta())
    joined = own.join(answer.getDelta(), now_unix_micros, more.peer);
  if (!answer.hasDigest())
    return std::optional<msg<wire::GossipQuestion>>{};
  auto lacking = own.delta_for(answer.getDigest(), more.delta_bytes, more.turn, more.peer);
  return std::optional{msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
    out.setRoot(root_of(own));
    out.setDigest(*own.digest());
    out.setDelta(*lacking);
  })};
}

} // namespace hive::gossip
