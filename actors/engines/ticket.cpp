#include "actors/engines/ticket.hpp"
#include "messages/timestamp.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/identity/node_identity.hpp"
#include "platform/sha256.hpp"

#include <array>
#include <sodium.h>

namespace hive {
namespace {

/// Prefix of the signed bytes, including the zero byte at its end, so that a signature made for another purpose never
/// verifies.
constexpr std::string_view purpose{"hivemark ticket 1", 18};
constexpr size_t nonce_bytes = 16;

/// Prefix of what is hashed for the identity of an engine without a certificate, including the zero byte at its end.
constexpr std::string_view http_engine_prefix{"hivemark http engine 1", 23};

using std::chrono::microseconds;

capnp::Data::Reader as_data(std::string_view bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}

std::string_view as_bytes(capnp::Data::Reader data) {
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}

std::string statement(std::string_view content) {
  return std::string{purpose}.append(content);
}

std::string key_of(const ticket_claims& ticket) {
  return ticket.issuer.value + ticket.nonce;
}

caf::error check_signature(wire::SpawnTicket::Reader ticket, capnp::Data::Reader key) {
  auto signature = ticket.getSignature();
  if (signature.size() != std::tuple_size_v<signature_bytes>)
    return fail(ec::malformed, "the ticket's signature has a wrong length");
  if (!is_signed_by({key.begin(), key.size()}, statement(as_bytes(ticket.getContent())),
                    {signature.begin(), signature.size()}))
    return fail(ec::integrity_violated, "the ticket's signature does not match its issuer's key");
  return caf::none;
}

caf::error check_time(const ticket_claims& ticket, int64_t now) {
  constexpr int64_t skew = microseconds{defaults::ticket_clock_skew}.count();
  constexpr int64_t lifetime = microseconds{defaults::ticket_lifetime}.count();
  auto late = now - ticket.expires_at_unix_micros;
  if (late > skew)
    return fail(ec::forbidden, "the ticket expired " + std::to_string(late / micros_per_s) + " s ago");
  if (-late > lifetime + skew)
    return fail(ec::forbidden, "the ticket would hold for another " + std::to_string(-late / micros_per_s) +
                                 " s: it is no ticket of this time, or a clock is wrong");
  return caf::none;
}

} // namespace

std::string hash_of(wire::SpawnSpec::Reader spec) {
  auto words = capnp::canonicalize(spec);
  auto bytes = words.asBytes();
  auto hash = sha256(std::span{bytes.begin(), bytes.size()});
  return {hash.begin(), hash.end()};
}

engine_id http_engine(const node_id& node, const std::string& name) {
  auto hash = sha256(std::string{http_engine_prefix}.append(node.value).append(1, '\0').append(name));
  return {name, {hash.begin(), hash.end()}};
}

msg<wire::SpawnTicket> issue_ticket(const key_pair& issuer, const engine_id& engine, const node_id& target,
                                    wire::SpawnSpec::Reader spec, const std::string& address, int64_t now_unix_micros) {
  auto content = msg<wire::TicketContent>::build([&](wire::TicketContent::Builder out) {
    out.setIssuerKey({issuer.public_part().data(), issuer.public_part().size()});
    out.setEngine(engine.name);
    out.setFingerprint(as_data(engine.fingerprint));
    out.setTarget(target.value);
    out.setSpecHash(as_data(hash_of(spec)));
    out.setExpiresAt(now_unix_micros + microseconds{defaults::ticket_lifetime}.count());
    randombytes_buf(out.initNonce(nonce_bytes).begin(), nonce_bytes);
  });
  auto signature = issuer.sign(statement(content.bytes()));
  return msg<wire::SpawnTicket>::build([&](wire::SpawnTicket::Builder out) {
    out.setContent(as_data(content.bytes()));
    out.setSignature({signature.data(), signature.size()});
    out.setAddress(address);
  });
}

caf::expected<ticket_claims> read_ticket(wire::SpawnTicket::Reader ticket) {
  auto content = msg<wire::TicketContent>::load(as_bytes(ticket.getContent()));
  if (!content)
    return fail(code_of(content.error()), "the ticket cannot be read: " + text_of(content.error()));
  auto key = (*content)->getIssuerKey();
  auto nonce = (*content)->getNonce();
  if (key.size() != std::tuple_size_v<public_key> || nonce.size() != nonce_bytes)
    return fail(ec::malformed, "the ticket's key or nonce has a wrong length");
  if ((*content)->getExpiresAt() < 0)
    return fail(ec::malformed, "the ticket expired before 1970");
  ticket_claims out;
  out.issuer = node_id_of({key.begin(), key.size()});
  out.engine = {std::string{as_view((*content)->getEngine())}, std::string{as_bytes((*content)->getFingerprint())}};
  out.target = {std::string{as_view((*content)->getTarget())}};
  out.spec_hash = as_bytes((*content)->getSpecHash());
  out.expires_at_unix_micros = (*content)->getExpiresAt();
  out.nonce = to_hex({nonce.begin(), nonce.size()});
  return out;
}

caf::expected<ticket_claims> check_ticket(wire::SpawnTicket::Reader ticket, const ticket_use& use) {
  auto claims = read_ticket(ticket);
  if (!claims)
    return claims.error();
  auto content = msg<wire::TicketContent>::load(as_bytes(ticket.getContent()));
  if (auto forged = check_signature(ticket, (*content)->getIssuerKey()))
    return forged;
  if (claims->target != use.here)
    return fail(ec::forbidden, "the ticket is for node " + claims->target.value);
  if (claims->engine != use.engine)
    return fail(ec::forbidden, "the ticket is for another engine: " + claims->engine.name +
                                 (claims->engine.name == use.engine.name ? " with another certificate" : ""));
  if (claims->spec_hash != hash_of(use.spec))
    return fail(ec::forbidden, "the ticket is for something else than what is to be spawned");
  if (auto wrong = check_time(*claims, use.now_unix_micros))
    return wrong;
  return claims;
}

// -- used tickets ----------------------------------------------------------------

void used_tickets::forget_expired(int64_t now_unix_micros) {
  // Used tickets are kept as long as check_time would accept them.
  auto until = by_end_.lower_bound(now_unix_micros - microseconds{defaults::ticket_clock_skew}.count());
  for (auto each = by_end_.begin(); each != until; ++each)
    nonces_.erase(each->second);
  by_end_.erase(by_end_.begin(), until);
}

/// Accepts only tickets issued after `since`, allowing for the clock skew of the issuer.
caf::error used_tickets::check_issue(const ticket_claims& ticket) const {
  if (!since_)
    return caf::none;
  auto issued = ticket.expires_at_unix_micros - microseconds{defaults::ticket_lifetime}.count();
  auto skew = ticket.issuer == since_->here ? 0 : microseconds{defaults::ticket_clock_skew}.count();
  if (issued - skew > since_->unix_micros)
    return caf::none;
  return fail(ec::unavailable, "this node has started again and does not know whether the ticket was used before; one "
                               "that is issued " +
                                 std::to_string(skew / micros_per_s) + " s after the start is taken");
}

caf::error used_tickets::check(const ticket_claims& ticket, int64_t now_unix_micros) {
  if (auto unknown = check_issue(ticket))
    return unknown;
  forget_expired(now_unix_micros);
  if (nonces_.contains(key_of(ticket)))
    return fail(ec::forbidden, "the ticket was used before");
  if (nonces_.size() >= most_)
    return fail(ec::overloaded, "too many tickets were used in a short time");
  return caf::none;
}

caf::error used_tickets::use(const ticket_claims& ticket, int64_t now_unix_micros) {
  if (auto refused = check(ticket, now_unix_micros))
    return refused;
  auto key = key_of(ticket);
  nonces_.insert(key);
  by_end_.emplace(ticket.expires_at_unix_micros, key);
  return caf::none;
}

} // namespace hive
