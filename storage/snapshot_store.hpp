#pragma once

#include "messages/snapshot.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

namespace hive {

/// Captures of the software. All captures are kept; the latest of a version is that version's snapshot.
class snapshot_store {
public:
  explicit snapshot_store(const database& db) : db_{db} {
  }

  /// The latest capture of `version`; ec::not_found when there is none.
  caf::expected<msg<wire::Snapshot>> latest(std::string_view version) const;

  /// One capture of `version`; ec::not_found when there is none with that number.
  caf::expected<msg<wire::Snapshot>> capture(std::string_view version, capture_id id) const;

  /// Up to `limit` captures of `version` after `after`, oldest first. Stops early at `max_bytes` of captures, which are
  /// read whole, but returns at least one.
  caf::expected<msg<wire::CaptureList>> captures(std::string_view version, uint32_t limit, capture_id after,
                                                 size_t max_bytes) const;

  /// The first `limit` versions that have a snapshot, in byte order.
  caf::expected<std::vector<std::string>> versions(size_t limit) const;

  /// A version's entry in lists; ec::not_found when it has no snapshot.
  caf::expected<msg<wire::SnapshotSummary>> summary(std::string_view version) const;

  /// Up to `limit` versions after `after`, in byte order.
  caf::expected<msg<wire::SnapshotList>> list(uint32_t limit, std::string_view after) const;

  /// The highest capture number assigned on this node; 0 when there is none.
  caf::expected<capture_id> last_capture() const;

  /// The writes that store `snapshot` under its captureId: the capture, its version's summary, and `last_given`, the
  /// highest number assigned so far. That number may be a later capture's, since captures can end out of order. Must
  /// not be called concurrently for two captures of one version.
  caf::expected<write_set> keep(const msg<wire::Snapshot>& snapshot, capture_id last_given) const;

  /// The writes that delete a capture, and the state afterwards.
  struct deletion {
    write_set writes; ///< excludes the metrics' history points, which series_store removes
    uint32_t captures_left = 0;
    capture_id latest = {}; ///< the version's snapshot afterwards; 0 when no capture is left
  };

  /// Deletes `snapshot`, a stored capture. The newest remaining capture becomes the version's snapshot; without one the
  /// version is unknown. Must not be called while another write of the version is in flight.
  caf::expected<deletion> erase(const msg<wire::Snapshot>& snapshot) const;

private:
  const database& db_;
};

/// History of all metrics that this node measured itself.
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
