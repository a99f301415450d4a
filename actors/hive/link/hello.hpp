#pragma once

#include "actors/hive/link/channel.hpp"
#include "messages/door.capnp.h"
#include "messages/msg.hpp"
#include "platform/identity/node_identity.hpp"

#include <functional>

namespace hive {

/// The first messages of a connection, before CAF gets it: both sides find out who the other is and whether they want
/// each other. Until then nothing that a stranger sends reaches an actor.
///
///     client                                    server
///     Knock: versions, nonce          →
///                                     ←         Knock: versions, nonce
///     SignedHello                     →
///                                     ←         HelloAnswer: its SignedHello, or why not
///     HelloAnswer: nothing more, or why not  →
///
/// A signature covers all that was said before it and secrets of the TLS session, so it holds on no other connection
/// and at no other time, and nobody in between can use it. The certificate is the TLS session's.

/// Versions of the protocol that one side speaks.
struct hello_versions {
  uint16_t min = 0;
  uint16_t max = 0;
};

/// How this process introduces itself.
struct hello_sender {
  node_identity identity;
  msg<wire::Hello> hello; ///< names the same id, key and epoch as `identity`
  hello_versions versions;
  std::string software;
};

/// The other end, after its hello has been checked.
struct verified_peer {
  msg<wire::Hello> hello;
  std::optional<certificate> cert; ///< nothing without TLS
  std::string remote;              ///< ADDRESS:PORT of the connection
  uint16_t version = 0;            ///< the highest that both speak

  node_id id() const {
    return {std::string{hello->getNode().cStr()}};
  }

  /// Fingerprint of its certificate's key; empty without TLS.
  std::string holder() const {
    return cert ? cert->key_fingerprint() : std::string{};
  }
};

/// Decides about a peer whose hello is in order; an error refuses it and is told to it.
using admit_function = std::function<caf::error(const verified_peer&)>;

struct handshake_result {
  caf::expected<verified_peer> peer;
  std::optional<node_id> refused_by; ///< whom the other end claims to be, when it was the one that refused
};

/// Says hello and judges the other's, as the side that dialled or was dialled. Fails when the other end speaks
/// something else (ec::malformed), no common version (ec::unsupported, naming both ranges), poses as somebody else
/// (ec::integrity_violated, ec::forbidden) or does not answer (ec::timed_out, ec::unavailable); with what `admit` said;
/// or with what the other end said ("refused by the other end").
handshake_result perform_handshake(channel& to, channel_side side, const hello_sender& self,
                                   const admit_function& admit, deadline until);

} // namespace hive
