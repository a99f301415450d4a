#pragma once

#include "messages/door.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/msg.hpp"
#include "platform/identity/credentials.hpp"
#include "platform/identity/node_identity.hpp"

#include <optional>
#include <string>

namespace hive {

/// Builds the card of this node from `about` (name, tier, labels, GPUs, software), the address of its door (may be
/// empty) and the time of writing. With credentials, the card carries their signature over the node's id. Fails only
/// when OpenSSL fails.
caf::expected<msg<wire::NodeCard>> make_card(const msg<wire::NodeCard>& about, const std::string& address,
                                             const node_identity& identity, const std::optional<credentials>& shown,
                                             int64_t now_unix_micros);

msg<wire::Hello> make_hello(const node_identity& identity, certificate_role role, const msg<wire::NodeCard>& card);

} // namespace hive
