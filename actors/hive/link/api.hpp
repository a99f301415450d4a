#pragma once

// Links with other nodes, and the door that makes them.

#include "actors/remote/api.hpp"
#include "messages/door.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"
#include "platform/identity/credentials.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <optional>
#include <string>

namespace hive {

/// Request to keep a link with this node.
struct maintain_link {
  node_id node;
  std::string address; ///< ADDRESS:PORT of its door
};

/// Request for one attempt to link with this node, even if that node does not request one.
struct open_link {
  node_id node;
  std::string address; ///< ADDRESS:PORT of its door
};

/// Request to close the link with this node.
struct close_link {
  node_id node;
  bool requested_by_peer = false; ///< that node has sent its goodbye; otherwise this node sends one
  /// Set when another live node uses the same certificate; the link is then closed without a goodbye.
  std::optional<node_id> superseded_by = {};
};

/// Whom this node trusts has changed, or time has passed: ends the connections whose certificates are not valid any
/// more, or whose nodes a CA has forgotten.
struct check_certificates {};

/// The certificate, key and CAs to use for new connections from now on. They have been checked.
struct renew_credentials {
  credentials shown;
};

/// Finds other nodes, authenticates them, and keeps at most one link with each.
using door_actor = caf::typed_actor<
  // Dials now and whenever the link is lost, provided that this node has the lower id.
  caf::reacts_to<maintain_link>,
  // Dials now and once, whichever id is lower.
  caf::reacts_to<open_link>,
  // Closes the link, if there is one. The node is not dialled again until requested, or until no link is left.
  caf::reacts_to<close_link>, //
  caf::reacts_to<check_certificates>,
  // The owner is told of the new hello by another door_opened. Existing links stay. ec::forbidden when TLS does not
  // take the certificate; then the earlier one stays in use.
  caf::replies_to<renew_credentials>::with<caf::ok_atom>>;

/// The door is open, or has another certificate. `self` is the hello that it sends.
struct door_opened {
  door_actor door;
  msg<wire::Hello> self;
};

/// A node whose handshake has been verified. `holder` is the key fingerprint of its certificate; empty without TLS.
struct link_candidate {
  node_id node;
  std::string holder;
  int64_t card_written_at = 0; ///< from its card
};

/// A connection with this node was accepted and is about to become its link.
struct link_offer {
  node_id node;
  msg<wire::Hello> hello;
  std::string holder = {}; ///< see link_candidate
};

/// The link is ready. Requests to `peer` reach the other node; give them a finite timeout.
struct link_up {
  node_id node;
  msg<wire::Hello> hello;
  link_actor peer;
};

/// The link has ended. The peer's handle stays dead, even after the node reconnects.
struct link_down {
  node_id node;
  std::string reason;
  bool agreed = false; ///< one of the two nodes sent a goodbye
};

/// An open_link failed before any node identified itself.
struct dial_failed {
  node_id node;
  std::string reason;
};

/// Owner of the links. Per node, `link_up` and `link_down` strictly alternate.
using link_owner_actor =
  caf::typed_actor<caf::reacts_to<door_opened>,
                   // Authorizes a link with this node. ec::conflict when another live node uses the same certificate.
                   caf::replies_to<link_candidate>::with<caf::ok_atom>,
                   // Answers with the actor that serves requests of that node. It gets an exit message when the link
                   // ends.
                   caf::replies_to<link_offer>::with<link_actor>, //
                   caf::reacts_to<link_up>, caf::reacts_to<link_down>, caf::reacts_to<dial_failed>>;

} // namespace hive

// Messages within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::maintain_link)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::open_link)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::close_link)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::check_certificates)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::renew_credentials)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::door_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_candidate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_offer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::dial_failed)
