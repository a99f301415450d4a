#pragma once

#include "actors/defaults.hpp"
#include "actors/hive/link/api.hpp"
#include "actors/hive/link/card.hpp"
#include "actors/hive/link/handshake_runner.hpp"
#include "actors/hive/link/hello.hpp"
#include "messages/hive.capnp.h"
#include "platform/endpoint.hpp"
#include "platform/identity/trust_register.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace hive {

/// Services the door depends on.
struct door_services {
  link_owner_actor owner;         ///< is notified of every link
  engine_host_actor engines = {}; ///< accepts connections of engines; without it they are refused
};

struct door_options {
  /// Listening address: an IP address or localhost. Port 0 picks a free port.
  endpoint listen{"127.0.0.1", 7421};
  /// Address that other nodes dial, if it differs from `listen`. Default: the bound address, or the host name of the
  /// machine when the door listens on all addresses.
  std::optional<endpoint> advertise;
  /// Doors of nodes to link with at the start; further nodes are learned from them.
  std::vector<endpoint> join;
  /// Certificate and key for mutual TLS; peers need certificates of the same CA. Without them only the loopback is
  /// allowed.
  std::optional<credentials> shown;
  /// The CAs and revocation lists by which this process judges certificates. The door sets the CAs.
  std::shared_ptr<trust_register> trust = std::make_shared<trust_register>();
  node_identity identity;
  msg<wire::NodeCard> about; ///< description of this node, see make_card
  hello_versions versions{defaults::min_hello_version, defaults::max_hello_version};
  /// Limit for the handshake, from the first byte of a connection.
  std::chrono::milliseconds hello_timeout = defaults::hello_timeout;

  /// Fails with ec::invalid, naming the option. Addresses other than the loopback need credentials, or any stranger
  /// could connect.
  caf::error validate() const;
};

struct running_door {
  door_actor door; ///< ends with an error when its socket fails; on exit it closes all links
  endpoint at;     ///< with the actual port
};

/// Opens the door of this node and dials `join`.
///
/// Who dials: in a full mesh the node with the lower id (`maintain_link`), so that two nodes that lost each other do
/// not both dial; in a larger hive the node that wants the link (`open_link`), since the other may not know of it. If
/// both dial, the link table keeps one connection. Addresses of `join` are dialled until a link exists, whichever id is
/// lower.
///
/// ec::invalid for an invalid option, ec::unavailable when the address is in use or not local; both name it.
caf::expected<running_door> spawn_door(caf::actor_system& system, door_services services, door_options options);

} // namespace hive
