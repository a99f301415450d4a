#pragma once

#include "actors/node/credentials.hpp"
#include "actors/node/identity.hpp"
#include "gpu/devices.hpp"
#include "messages/door.capnp.h"
#include "messages/msg.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hive {

/// What a node says of itself to others.
struct node_description {
  std::string name;
  wire::NodeTier tier = wire::NodeTier::FLAT;
  std::vector<std::string> labels;
  std::vector<gpu_device> gpus;
  std::string software; ///< version of the program
};

/// The card of this node: what it says of itself, where its door is (`address`, or empty), since when it says so, and,
/// with credentials, that their holder admits it. Fails only with OpenSSL.
caf::expected<msg<wire::NodeCard>> make_card(const node_description& about, const std::string& address,
                                             const node_identity& identity, const std::optional<credentials>& shown,
                                             int64_t now_unix_micros);

/// The hello of this node with its card.
msg<wire::Hello> make_hello(const node_identity& identity, certificate_role role, const msg<wire::NodeCard>& card);

} // namespace hive
