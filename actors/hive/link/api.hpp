#pragma once

// Links with other nodes, and the door that makes them.

#include "actors/remote/api.hpp"
#include "messages/door.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <optional>
#include <string>

namespace hive {

/// A node that the door knows of from elsewhere than its own links.
struct maintain_link {
  node_id node;
  std::string address; ///< ADDRESS:PORT of its door
};

/// A node that may not know that a link is wanted.
struct open_link {
  node_id node;
  std::string address; ///< ADDRESS:PORT of its door
};

/// A node with which no link is wanted any more.
struct close_link {
  node_id node;
  bool requested_by_peer = false; ///< by that node's farewell; otherwise this node says farewell
  /// Another node lives on its certificate: the link is closed at once.
  std::optional<node_id> superseded_by = {};
};

/// Finds other nodes, checks who they are and keeps at most one link with each.
using door_actor = caf::typed_actor<
  // Links with this node, now and whenever the link is lost, if it is this node that dials: the one with the lower id.
  caf::reacts_to<maintain_link>,
  // Links with this node now, whichever id is lower, but dials only once.
  caf::reacts_to<open_link>,
  // Ends the link, if there is one, and dials the node no more until told so, or until no link at all is left.
  caf::reacts_to<close_link>>;

/// The door is open: `self` is how this node introduces itself.
struct door_opened {
  door_actor door;
  msg<wire::Hello> self;
};

/// A node whose handshake has been verified. `holder` is the fingerprint of its certificate's key; empty without TLS.
struct link_candidate {
  node_id node;
  std::string holder;
  int64_t card_written_at = 0; ///< as its card says
};

/// A link with this node is being made.
struct link_offer {
  node_id node;
  msg<wire::Hello> hello;
  std::string holder = {}; ///< see link_candidate
};

/// A link stands: requests to `peer` go to the other node. They need a finite timeout.
struct link_up {
  node_id node;
  msg<wire::Hello> hello;
  link_actor peer;
};

/// The link is lost; its handle stays dead, also when the node comes back.
struct link_down {
  node_id node;
  std::string reason;
  bool agreed = false; ///< one of the two said farewell
};

/// A open_link came to nothing, and nobody said who he is.
struct dial_failed {
  node_id node;
  std::string reason;
};

/// Whoever uses the links. For each node it is told in turn of up and down, never of two ups.
using link_owner_actor =
  caf::typed_actor<caf::reacts_to<door_opened>,
                   // Whether a link with this node may be made. ec::conflict when another node lives on its
                   // certificate.
                   caf::replies_to<link_candidate>::with<caf::ok_atom>,
                   // Answers with what shall serve that node's requests; it is told to exit when the link is lost.
                   caf::replies_to<link_offer>::with<link_actor>, //
                   caf::reacts_to<link_up>, caf::reacts_to<link_down>, caf::reacts_to<dial_failed>>;

} // namespace hive

// The door and its owner are parts of one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::maintain_link)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::open_link)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::close_link)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::door_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_candidate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_offer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::dial_failed)
