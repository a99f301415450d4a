#pragma once

#include "messages/snapshot.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"
#include "storage/series_store.hpp"

namespace hive {

/// Captures of the software. All captures are kept until somebody deletes them; the latest of a version is that
/// version's snapshot. Of a deleted one a summary is kept, with the reason.
class snapshot_store {
public:
  explicit snapshot_store(const database& db) : db_{db} {
  }

  /// The latest capture of `version`; ec::not_found when there is none.
  caf::expected<msg<wire::Snapshot>> latest(std::string_view version) const;

  /// One capture of `version`; ec::not_found when there is none with that number, with the reason when it was deleted.
  caf::expected<msg<wire::Snapshot>> capture(std::string_view version, capture_id id) const;

  /// Up to `limit` captures of `version` after `after`, deleted ones too, oldest first. Stops early at `max_bytes` of
  /// captures, which are read whole, but returns at least one.
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
    write_set writes; ///< excludes the metrics' history points, which series_store marks
    uint32_t captures_left = 0;
    capture_id latest = {}; ///< the version's snapshot afterwards; 0 when no capture is left
  };

  /// Deletes `snapshot`, a stored capture, and keeps its summary with the reason. The newest remaining capture becomes
  /// the version's snapshot; without one the version is unknown. Must not be called while another write of the version
  /// is in flight.
  caf::expected<deletion> erase(const msg<wire::Snapshot>& snapshot, const removal& why) const;

private:
  /// What `captures` lists, of those that are stored and of those that are deleted.
  struct listing;
  caf::error list_stored(std::string_view version, capture_id after, size_t max_bytes, listing& into) const;
  caf::error list_deleted(std::string_view version, capture_id after, listing& into) const;

  /// Writes that make the newest capture other than the one with this key the version's snapshot.
  caf::error appoint_latest(std::string_view version, std::string_view but_not, deletion& into) const;

  const database& db_;
};

} // namespace hive
