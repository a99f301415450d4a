#pragma once

#include "platform/identity/node_identity.hpp"
#include "storage/database.hpp"

#include <cstdint>

namespace hive {

/// Reads the node's identity from the store, generating its key pair on the first start, and increments the epoch. Both
/// are durable on return, so no two starts share an epoch. Fails with ec::corrupt, or with ec::unsupported for a store
/// of a later version.
caf::expected<node_identity> begin_epoch(database& db, int64_t now_unix_micros);

/// A new epoch, and the write that stores it so that the next start gets a higher one.
struct epoch_change {
  uint64_t epoch = 0;
  write_set writes;
};

/// The change to epoch `wanted`, or to the stored epoch + 1 if that is higher: an epoch never decreases. Does not see
/// epoch writes that are still in flight.
caf::expected<epoch_change> epoch_write(const database& db, uint64_t wanted);

} // namespace hive
