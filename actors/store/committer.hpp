#pragma once

#include "actors/store/api.hpp"
#include "storage/database.hpp"

#include <memory>

namespace hive {

/// Spawns the committer: the only writer of `db`, which must outlive it.
///
/// Group commit: while one group of write sets is on its way to the disk, the next one gathers; each group is one
/// RocksDB write with one fsync, and only then are its senders answered. So throughput grows with the number of
/// outstanding writes and no acknowledged write is ever lost. Write sets become durable in the order they arrived.
///
/// A group that the disk has no room for is answered with ec::storage_failed, and the next one tries again. When the
/// database breaks, the committer ends with that error: only a new start of the process mends it.
///
/// Every write set is answered, however long the disk takes. When the committer ends, ec::outcome_unknown is the answer
/// to those that the disk was writing, ec::unavailable to those that gathered: nothing of these was written.
committer_actor spawn_committer(caf::actor_system& system, std::shared_ptr<database> db);

} // namespace hive
