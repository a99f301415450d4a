#pragma once

#include "messages/door.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/msg.hpp"
#include "platform/identity/credentials.hpp"
#include "platform/identity/node_identity.hpp"

#include <optional>
#include <string>

namespace hive {

/// The card of this node: what it says of itself (name, tier, labels, GPUs and software in `about`), where its door is
/// (`address`, or empty), since when it says so, and, with credentials, that their holder admits it. Fails only with
/// OpenSSL.
caf::expected<msg<wire::NodeCard>> make_card(const msg<wire::NodeCard>& about, const std::string& address,
                                             const node_identity& identity, const std::optional<credentials>& shown,
                                             int64_t now_unix_micros);

/// The hello of this node with its card.
msg<wire::Hello> make_hello(const node_identity& identity, certificate_role role, const msg<wire::NodeCard>& card);

} // namespace hive
