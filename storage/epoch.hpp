#pragma once

#include "platform/identity/node_identity.hpp"
#include "storage/database.hpp"

#include <cstdint>

namespace hive {

/// Reads the node's identity from the store, making its key pair at the first start, and raises the epoch by one.
/// Returns when both are on disk: no two starts share an epoch, whatever happens in between. ec::corrupt,
/// ec::unsupported for a store of a later version.
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
