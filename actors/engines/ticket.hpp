#pragma once

#include "messages/engine.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"
#include "platform/identity/keys.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace hive {

/// Identity of an engine: the name in its certificate and the fingerprint of the certificate. Without TLS, which is
/// limited to the loopback: the name in its hello and the hash of its key.
struct engine_id {
  std::string name;
  std::string fingerprint; ///< SHA-256

  bool operator==(const engine_id&) const = default;
};

/// Identity of an engine that node `node` serves over HTTP, where it has no certificate: its name, and the SHA-256 of
/// "hivemark http engine 1" with a zero byte, the node's id, a zero byte and the name. So a ticket for it is of no use
/// to an engine of the same name that shows a certificate, and the other way round.
engine_id http_engine(const node_id& node, const std::string& name);

/// Content of a ticket: `engine` may spawn this spec on `target`, once, until it expires.
struct ticket_claims {
  node_id issuer;
  engine_id engine;
  node_id target;
  std::string spec_hash;
  int64_t expires_at_unix_micros = 0;
  std::string nonce; ///< hex; also the id of the spawned actor
};

/// SHA-256 of the canonical form of a spec: equal specs have equal hashes, wherever they were built.
std::string hash_of(wire::SpawnSpec::Reader spec);

/// Issues a ticket for `engine`, signed by the node with these keys and valid for defaults::ticket_lifetime. The
/// signature covers the text "hivemark ticket 1" with a zero byte, a prefix that nothing else signed by Hivemark has,
/// followed by the bytes of the TicketContent. libsodium must be initialised.
msg<wire::SpawnTicket> issue_ticket(const key_pair& issuer, const engine_id& engine, const node_id& target,
                                    wire::SpawnSpec::Reader spec, const std::string& address, int64_t now_unix_micros);

/// An attempt to use a ticket.
struct ticket_use {
  node_id here;
  engine_id engine;
  wire::SpawnSpec::Reader spec;
  int64_t now_unix_micros = 0;
};

/// Verifies a ticket for this use and returns its content. The caller checks the issuer and earlier use. ec::malformed;
/// ec::integrity_violated for a wrong signature; ec::forbidden for another node, engine or spec, or outside its
/// lifetime by the clock of this node, give or take defaults::ticket_clock_skew.
caf::expected<ticket_claims> check_ticket(wire::SpawnTicket::Reader ticket, const ticket_use& use);

/// Decodes a ticket without checks, for the engine that received it.
caf::expected<ticket_claims> read_ticket(wire::SpawnTicket::Reader ticket);

/// When the record of used tickets begins, on a node that may have accepted tickets before that.
struct tickets_since {
  node_id here; ///< this node, whose own tickets need no allowance for clock skew
  int64_t unix_micros = 0;
};

/// Used tickets, kept until they expire. Pure.
class used_tickets {
public:
  /// Without `since`, no tickets were used before.
  explicit used_tickets(size_t most, std::optional<tickets_since> since = std::nullopt)
      : most_{most}, since_{std::move(since)} {
  }

  /// Whether a ticket may be used. ec::forbidden when it was used before, ec::unavailable when that is unknown,
  /// ec::overloaded when too many are recorded.
  caf::error check(const ticket_claims& ticket, int64_t now_unix_micros);

  /// Records the use of a ticket. Errors as for `check`; then nothing is recorded.
  caf::error use(const ticket_claims& ticket, int64_t now_unix_micros);

  size_t size() const {
    return by_end_.size();
  }

private:
  void forget_expired(int64_t now_unix_micros);
  caf::error check_issue(const ticket_claims& ticket) const;

  size_t most_;
  std::optional<tickets_since> since_;
  std::multimap<int64_t, std::string> by_end_;
  std::set<std::string> nonces_;
};

} // namespace hive
