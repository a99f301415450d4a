#pragma once

#include "messages/ids.hpp"
#include "platform/identity/keys.hpp"

#include <cstdint>
#include <span>

namespace hive {

/// Node identity: its keys, its id, and its epoch (incremented on every start).
struct node_identity {
  node_id id;
  uint64_t epoch = 0;
  key_pair keys;
};

/// The id of the node with this public key: hex of the first 16 bytes of the key's SHA-256.
node_id node_id_of(std::span<const unsigned char> public_key);

} // namespace hive
