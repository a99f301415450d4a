#pragma once

#include "messages/ids.hpp"
#include "storage/database.hpp"

#include <cstdint>

namespace hive {

/// Who a node is and the how-manieth start of it this is.
struct node_identity {
  node_id id;
  uint64_t epoch = 0;
};

/// Reads the node's identity from the store, making its Ed25519 key pair at the first start, and raises the epoch by
/// one. Returns when both are on disk: no two starts share an epoch, whatever happens in between.
caf::expected<node_identity> begin_epoch(database& db, int64_t now_unix_micros);

} // namespace hive
