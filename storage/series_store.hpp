#pragma once

#include "messages/snapshot.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// A metric by its adapter and its name; the adapter is empty for imported metrics that name none.
struct metric_id {
  std::string adapter;
  std::string name;
  auto operator<=>(const metric_id&) const = default;
};

/// A stored point with the number of its capture.
struct series_entry {
  capture_id id;
  msg<wire::SeriesPoint> point;
};

/// Why and when a capture was deleted. The reason has at most 1,024 bytes.
struct removal {
  std::string_view reason;
  int64_t at_unix_micros = 0;
};

/// Which points of a history to read.
struct series_range {
  capture_id after = {};     ///< only those of later captures
  capture_id before = {};    ///< only those of earlier ones; 0: of all
  bool oldest_first = false; ///< which ones to take where there are more than fit: the oldest, or the newest
};

/// Part of a history.
struct series_page {
  std::vector<series_entry> points; ///< by the number of their captures, oldest first
  bool more = false;                ///< whether the range has points that are not in it
};

/// History of all metrics: a point for each value of each capture, of this node and imported. Points of deleted
/// captures stay, marked as such. Points are in the order of the numbers of their captures.
class series_store {
public:
  /// Samples that a point keeps.
  static constexpr uint32_t max_samples = 32;

  explicit series_store(const database& db) : db_{db} {
  }

  /// Adds the snapshot's metrics to `writes`. `late`: a later capture may be stored already. A point of more than
  /// `max_samples` samples keeps that many, in equal distances and with the first and the last one.
  static void append(wire::Snapshot::Reader snapshot, write_set& writes, bool late = false);

  /// Marks the points of a deleted capture.
  static void mark_deleted(wire::Snapshot::Reader snapshot, const removal& why, write_set& writes);

  /// The newest value of every metric that this node measured itself, by adapter and name; deleted ones do not count.
  caf::expected<msg<wire::LatestResults>> latest(std::string_view node) const;

  /// Up to `limit` points of a metric; none when it has no history. Fails with ec::corrupt.
  caf::expected<series_page> history(const metric_id& metric, const series_range& range, size_t limit) const;

  using point_visitor = std::function<database::scan(capture_id, msg<wire::SeriesPoint>)>;

  /// Visits the points of one of a metric's two series (see keys::series_of) later than `after`, up to and with `last`
  /// (0: all), oldest first. Fails with ec::corrupt.
  caf::error visit(std::string_view series, capture_id after, capture_id last, const point_visitor& visit_point) const;

  /// The captures of the series that were deleted or stored late, each as often as it was marked, ascending. Fails with
  /// ec::corrupt.
  caf::expected<std::vector<capture_id>> marks(std::string_view series) const;

  /// Up to `limit` metrics that have a history, by adapter and name. Fails with ec::corrupt.
  caf::expected<std::vector<metric_id>> metrics(size_t limit) const;

  /// A number that grows with every capture that is stored or deleted. Fails with ec::corrupt.
  caf::expected<int64_t> revision() const;

private:
  /// Appends to `out` the first `limit` points of one of a metric's two series from `begin` up to, but without, `end`
  /// (0: all).
  caf::error read_oldest(std::string_view series, capture_id begin, capture_id end, size_t limit,
                         std::vector<series_entry>& out) const;

  /// Appends to `out` the last `limit` points of the series later than `after` and earlier than `before` (0: all).
  caf::error read_newest(std::string_view series, capture_id after, capture_id before, size_t limit,
                         std::vector<series_entry>& out) const;

  /// The newest capture of the series that is earlier than `before` (0: of all); 0 when there is none.
  caf::expected<capture_id> newest_capture(std::string_view series, capture_id before) const;

  /// The newest point of a series that is not deleted, or nothing.
  caf::expected<std::optional<msg<wire::SeriesPoint>>> newest(std::string_view series) const;

  const database& db_;
};

} // namespace hive
