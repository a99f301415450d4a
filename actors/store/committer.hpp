#pragma once

#include "actors/store/api.hpp"
#include "storage/database.hpp"

#include <memory>

namespace hive {

/// Services the committer depends on.
struct committer_services {
  std::shared_ptr<database> db;
};

/// Spawns the committer: the only writer of the database.
///
/// Group commit: while one group of write sets is being written, new write sets queue up for the next. Each group is
/// one RocksDB write with one fsync, after which its senders are answered. So throughput grows with the number of
/// outstanding writes, and no acknowledged write is lost. Write sets become durable in order of arrival. A group waits
/// briefly for as many sets as the last one had (see time_to_gather).
///
/// When the disk has no room, the group is answered with ec::storage_failed, and the next group tries again. When the
/// database breaks, the committer ends with that error, which only a restart of the process repairs.
///
/// Every write set is answered, however slow the disk; beyond the bounds of what may wait, at once with ec::overloaded.
/// When the committer is told to end, it first answers the write sets in flight as the disk decides. Queued ones, of
/// which nothing was written, get ec::unavailable.
committer_actor spawn_committer(caf::actor_system& system, committer_services services);

} // namespace hive
