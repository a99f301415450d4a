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

  /// One capture of `version`; ec::not_found when there is none of that number.
  caf::expected<msg<wire::Snapshot>> capture(std::string_view version, capture_id id) const;

  /// At most `limit` captures of `version` behind `after`, oldest first: fewer when they have more than `max_bytes`,
  /// which are read whole, but at least one.
  caf::expected<msg<wire::CaptureList>> captures(std::string_view version, uint32_t limit, capture_id after,
                                                 size_t max_bytes) const;

  /// The first `limit` versions that have a snapshot, in byte order.
  caf::expected<std::vector<std::string>> versions(size_t limit) const;

  /// At most `limit` versions behind `after` in byte order.
  caf::expected<msg<wire::SnapshotList>> list(uint32_t limit, std::string_view after) const;

  /// The highest number that any capture of this node was given; 0 without any.
  caf::expected<capture_id> last_capture() const;

  /// The writes that keep `snapshot` under its captureId: the capture, its version's summary, and `last_given`, the
  /// highest number given out so far. That may be another's: captures end in another order than they began. Not to be
  /// called for two captures of one version at once.
  caf::expected<write_set> keep(const msg<wire::Snapshot>& snapshot, capture_id last_given) const;

  /// What deletes a capture, and what is left then.
  struct deletion {
    write_set writes; ///< without the points in the histories of its metrics, which are series_store's
    uint32_t captures_left = 0;
    capture_id latest = {}; ///< the version's snapshot afterwards; 0 when none is left
  };

  /// Deletes `snapshot`, a stored capture. The one before the newest becomes the version's snapshot; without any left
  /// the version is unknown. Not to be called while another write of the version is under way.
  caf::expected<deletion> erase(const msg<wire::Snapshot>& snapshot) const;

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

  /// Removes the points that `append` added.
  static void remove(const msg<wire::Snapshot>& snapshot, write_set& writes);

  /// The newest value of every metric, by adapter and name.
  caf::expected<msg<wire::LatestResults>> latest(std::string_view node) const;

private:
  const database& db_;
};

} // namespace hive
