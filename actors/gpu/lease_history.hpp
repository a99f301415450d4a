#pragma once

#include "gpu/ledger/duration_history.hpp"
#include "messages/gpu.capnp.h"
#include "messages/msg.hpp"
#include "storage/lease_store.hpp"

#include <memory>

namespace hive {

/// The ended leases of a node: in the store, and how long they took in memory.
class lease_history {
public:
  /// Reads the store. Fails with ec::corrupt.
  caf::error open(std::shared_ptr<const database> db);

  /// When the newest lease of the store ended; 0 without any.
  gpu::instant latest() const {
    return latest_;
  }

  /// How long the next lease of the holder will take, going by its earlier ones; see gpu::duration_history.
  std::optional<gpu::duration> declare(const std::string& holder) const {
    return durations_.declare(holder);
  }

  /// Counts a lease that `writes` stores as ended, and adds the removal of the oldest ones when there are too many.
  void add(const gpu::lease& ended, write_set& writes);

  /// A page of ended leases, without their secrets, the newest first. ec::invalid for an `after` that is no id.
  caf::expected<msg<wire::LeaseHistory>> page(wire::LeaseHistoryQuery::Reader query) const;

  /// One of them, without its secrets, or nothing.
  caf::expected<std::optional<msg<wire::Lease>>> find(lease_id id) const;

private:
  std::shared_ptr<const database> db_;
  gpu::duration_history durations_;
  gpu::instant latest_{0};
  size_t count_ = 0; ///< in the store, about
};

} // namespace hive
