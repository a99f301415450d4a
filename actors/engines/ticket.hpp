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

/// Who an engine is: the name in its certificate and what tells the certificate apart. Without TLS, which only the
/// loopback allows, the name that it says and the hash of its key.
struct engine_id {
  std::string name;
  std::string fingerprint; ///< SHA-256

  bool operator==(const engine_id&) const = default;
};

/// What a ticket says: this engine may have this spawned on that node, once, until then.
struct ticket_claims {
  node_id issuer;
  engine_id engine;
  node_id target;
  std::string spec_hash;
  int64_t expires_at_unix_micros = 0;
  std::string nonce; ///< hex; also the id of what is spawned with it
};

/// SHA-256 over the canonical form of a spec, so that equal specs have equal hashes wherever they were built.
std::string hash_of(wire::SpawnSpec::Reader spec);

/// A ticket for `engine`, signed by the node with these keys, that is valid for defaults::ticket_lifetime from `now`.
/// What is signed: the text "hivemark ticket 1" and a zero byte, which no other signed thing of Hivemark starts with;
/// the bytes of the TicketContent. libsodium must be initialised.
msg<wire::SpawnTicket> issue_ticket(const key_pair& issuer, const engine_id& engine, const node_id& target,
                                    wire::SpawnSpec::Reader spec, const std::string& address, int64_t now_unix_micros);

/// Where and by whom a ticket is shown.
struct ticket_use {
  node_id here;
  engine_id engine;
  wire::SpawnSpec::Reader spec;
  int64_t now_unix_micros = 0;
};

/// What the ticket says, when it holds for this use as far as it can tell by itself: whether its issuer may issue
/// tickets and whether it was used before, the caller must know. ec::malformed, ec::integrity_violated for a signature
/// that does not match, ec::forbidden for another node, engine or spec and for a time outside of its life, by this
/// node's clock give or take defaults::ticket_clock_skew.
caf::expected<ticket_claims> check_ticket(wire::SpawnTicket::Reader ticket, const ticket_use& use);

/// What the engine reads in its ticket, unchecked.
caf::expected<ticket_claims> read_ticket(wire::SpawnTicket::Reader ticket);

/// Since when tickets are remembered on a node on which others were used before that.
struct tickets_since {
  node_id here; ///< whose own tickets bear the time of the same clock
  int64_t unix_micros = 0;
};

/// Tickets that were used, until they expire. Pure.
class used_tickets {
public:
  /// Without `since` none was used before.
  explicit used_tickets(size_t most, std::optional<tickets_since> since = std::nullopt)
      : most_{most}, since_{std::move(since)} {
  }

  /// Remembers the ticket. ec::forbidden when it was used before, ec::unavailable when that is not known any more;
  /// ec::overloaded when too many are remembered: then the ticket is not used.
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
