#pragma once

#include "messages/ids.hpp"
#include "storage/database.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace hive {

/// Who a node is and the how-manieth start of it this is.
struct node_identity {
  node_id id;
  uint64_t epoch = 0;
  std::array<unsigned char, 32> public_key{}; ///< Ed25519
  std::array<unsigned char, 64> secret_key{}; ///< as libsodium lays it out
};

/// The id of the node with this public key: hex of the first 16 bytes of the key's SHA-256.
node_id node_id_of(std::span<const unsigned char> public_key);

/// Reads the node's identity from the store, making its Ed25519 key pair at the first start, and raises the epoch by
/// one. Returns when both are on disk: no two starts share an epoch, whatever happens in between.
caf::expected<node_identity> begin_epoch(database& db, int64_t now_unix_micros);

/// A later epoch and what makes it the node's, so that the next start begins one that is later still.
struct epoch_change {
  uint64_t epoch = 0;
  write_set writes;
};

/// The change to `wanted`, or to the epoch behind the stored one when that is higher: no epoch is ever lowered. Writes
/// of the epoch that are still on their way are not seen.
caf::expected<epoch_change> epoch_write(const database& db, uint64_t wanted);

} // namespace hive
