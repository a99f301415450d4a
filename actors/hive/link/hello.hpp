#pragma once

#include "actors/hive/link/channel.hpp"
#include "messages/door.capnp.h"
#include "messages/msg.hpp"
#include "platform/identity/node_identity.hpp"

#include <functional>

namespace hive {

/// Handshake before CAF gets a connection: both ends authenticate each other and decide whether to accept. Until then
/// nothing that a stranger sends reaches an actor.
///
///     client                                    server
///     Knock: versions, nonce          →
///                                     ←         Knock: versions, nonce
///     SignedHello                     →
///                                     ←         HelloAnswer: its SignedHello, or a refusal
///     HelloAnswer: accepted, or a refusal  →
///
/// A signature covers the transcript so far and the channel binding of the TLS session, so it cannot be replayed on
/// another connection or relayed by a third party. The certificate is that of the TLS session.

/// Range of protocol versions that one end speaks.
struct hello_versions {
  uint16_t min = 0;
  uint16_t max = 0;
};

/// What this process sends in a handshake.
struct hello_sender {
  node_identity identity;
  msg<wire::Hello> hello; ///< with the id, key and epoch of `identity`
  hello_versions versions;
  std::string software;
};

/// The peer after its hello has been verified.
struct verified_peer {
  msg<wire::Hello> hello;
  std::optional<certificate> cert; ///< none without TLS
  std::string remote;              ///< ADDRESS:PORT of the connection
  uint16_t version = 0;            ///< the highest common version

  node_id id() const {
    return {std::string{hello->getNode().cStr()}};
  }

  /// Key fingerprint of its certificate; empty without TLS.
  std::string holder() const {
    return cert ? cert->key_fingerprint() : std::string{};
  }
};

/// Decides whether to accept a verified peer. An error refuses it and is sent to it.
using admit_function = std::function<caf::error(const verified_peer&)>;

struct handshake_result {
  caf::expected<verified_peer> peer;
  std::optional<node_id> refused_by; ///< claimed id of the peer, if it refused this end
};

/// Runs the handshake. Fails when the peer speaks another protocol (ec::malformed), has no common version
/// (ec::unsupported, naming both ranges), proves no valid identity or role (ec::integrity_violated, ec::forbidden) or
/// does not answer (ec::timed_out, ec::unavailable); with the error of `admit`; or with the peer's reason if the peer
/// refused ("refused by the other end").
handshake_result perform_handshake(channel& to, channel_side side, const hello_sender& self,
                                   const admit_function& admit, deadline until);

} // namespace hive
