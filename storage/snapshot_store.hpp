#pragma once

#include "messages/snapshot.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

namespace hive {

/// Captures of the software. Every capture is kept; the latest of a version is that version's snapshot.
class snapshot_store {
public:
  explicit snapshot_store(const database& db) : db_{db} {
  }

  /// The latest capture of `version`; ec::not_found when there is none.
  caf::expected<msg<wire::Snapshot>> latest(std::string_view version) const;

  /// At most `limit` versions behind `after` in byte order.
  caf::expected<msg<wire::SnapshotList>> list(uint32_t limit, std::string_view after) const;

  /// The highest number that any capture of this node was given; 0 without any.
  caf::expected<capture_id> last_capture() const;

  /// The writes that keep `snapshot` under its captureId: the capture, its version's summary, and `last_given`, the
  /// highest number given out so far. That may be another's: captures end in another order than they began. Not to be
  /// called for two captures of one version at once.
  caf::expected<write_set> keep(const msg<wire::Snapshot>& snapshot, capture_id last_given) const;

private:
  const database& db_;
};

/// History of every metric that this node measured itself.
class series_store {
public:
  explicit series_store(const database& db) : db_{db} {
  }

  /// Adds the snapshot's metrics to `writes`.
  static void append(const msg<wire::Snapshot>& snapshot, write_set& writes);

  /// The newest value of every metric, by adapter and name.
  caf::expected<msg<wire::LatestResults>> latest(std::string_view node) const;

private:
  const database& db_;
};

/// The metric's bare name: its `name` in a snapshot without the adapter's prefix.
std::string_view bare_name(wire::Metric::Reader metric);

} // namespace hive
