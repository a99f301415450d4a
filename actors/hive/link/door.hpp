#pragma once

#include "actors/defaults.hpp"
#include "actors/hive/link/api.hpp"
#include "actors/hive/link/card.hpp"
#include "actors/hive/link/handshake_runner.hpp"
#include "actors/hive/link/hello.hpp"
#include "messages/hive.capnp.h"
#include "platform/endpoint.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace hive {

struct door_options {
  /// Where other nodes come in: an IP address or localhost; port 0 takes a free one.
  endpoint listen{"127.0.0.1", 7421};
  /// Where they shall dial, when that is not where the door listens. Without it a door that listens on all addresses
  /// gives the machine's host name.
  std::optional<endpoint> advertise;
  /// Doors of nodes to link with at once; the others are learned from them.
  std::vector<endpoint> join;
  /// Shown to every other node, whose own must be of the same CA. Without them nothing but the loopback can be used.
  std::optional<credentials> shown;
  node_identity identity;
  msg<wire::NodeCard> about; ///< what this node says of itself, see make_card
  /// Whom engines are handed to; without it they are refused.
  std::optional<engine_host_actor> engines;
  hello_versions versions{defaults::min_hello_version, defaults::max_hello_version};
  /// From a connection's first byte to admission.
  std::chrono::milliseconds hello_timeout = defaults::hello_timeout;

  /// ec::invalid naming the option: without credentials a stranger could come in over any address but the loopback.
  caf::error validate() const;
};

struct running_door {
  door_actor door; ///< ends with an error when its socket fails; told to exit, it ends all links
  endpoint at;     ///< with the port that is really bound
};

/// Opens the door of this node and dials `join`. `owner` is told of every link.
///
/// Who dials: in a hive in which all link with all, the lower id (`maintain_link`), so that two that lost each other do
/// not meet half-way; otherwise whoever wants the link (`open_link`), since the other may not know of it. Should both
/// dial, the link table lets one connection live. Addresses of `join` are dialled until a link stands, whichever id is
/// lower.
///
/// Fails with ec::invalid (an option) or ec::unavailable (the address is in use or not of this machine), naming it.
caf::expected<running_door> spawn_door(caf::actor_system& system, door_options options, link_owner_actor owner);

} // namespace hive
