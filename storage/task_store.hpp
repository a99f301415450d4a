#pragma once

#include "messages/tracker.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <functional>

namespace hive {

/// What the node adds to a record on receipt.
struct task_stamp {
  task_sequence number;
  int64_t ended_at_unix_micros = 0;
  bool corrected = false; ///< whether the given time was replaced
};

/// Coding task records, the statistics over them, and other nodes' statistics.
///
/// A record is stored under its number only, so each costs one key. Queries scan backwards from the newest record, with
/// a bound per page. Indexes by tool, user and time would cost three more keys per record for the benefit of rare
/// queries.
class task_store {
public:
  /// Records examined per page: about 0.1 s of reading. A rare condition takes several pages.
  static constexpr size_t default_scan_budget = 100'000;

  explicit task_store(const database& db) : db_{db} {
  }

  /// Number of the newest record; 0 when there is none. Fails with ec::corrupt.
  caf::expected<task_sequence> newest() const;

  /// Number of the oldest stored record; 0 when there is none. Fails with ec::corrupt.
  caf::expected<task_sequence> oldest() const;

  /// One page of matching records, latest recorded first. A page with a `next` may hold fewer than `limit` records,
  /// even none: then `scan_budget` records were examined. Fails with ec::invalid when `after` is not a record number,
  /// or with ec::corrupt.
  caf::expected<msg<wire::TaskPage>> find(wire::TaskQuery::Reader query,
                                          size_t scan_budget = default_scan_budget) const;

  /// Exclusive end of the removable records: every record with a lower number ended before `cutoff_unix_micros`.
  /// Examines at most `budget` records. 0 when there are none. Fails with ec::corrupt.
  caf::expected<task_sequence> first_not_before(int64_t cutoff_unix_micros, size_t budget) const;

  /// Visits the statistics as last stored. Stops at the first error, which is the visitor's or ec::corrupt.
  caf::error visit_cells(const std::function<caf::error(wire::ToolCell::Reader)>& visit_cell) const;

  /// Number of records that no cell counts any more. Fails with ec::corrupt.
  caf::expected<uint64_t> unlisted_records() const;

  /// Visits the latest delta of each node. Stops like visit_cells.
  caf::error visit_deltas(
    const std::function<caf::error(std::string_view origin, wire::LearningDelta::Reader)>& visit_delta) const;

  /// The delta that this node last published; nothing before the first one. Fails with ec::corrupt.
  caf::expected<std::optional<msg<wire::LearningDelta>>> published_delta() const;

  /// Visits groups of digests in the order in which they became durable, each with the position of its first digest
  /// among all. Stops like visit_cells.
  caf::error
  visit_key_groups(const std::function<caf::error(uint64_t first, std::string_view digests)>& visit_group) const;

  /// Visits the import position of each source of records. Stops like visit_cells.
  caf::error visit_sources(const std::function<caf::error(wire::TaskSource::Reader)>& visit_source) const;

  /// Adds one record to `writes`. Its texts must respect the schema's lengths.
  static void put(write_set& writes, wire::TaskRecord::Reader record, const task_stamp& stamp);

  /// Erases the records in [from, to).
  static void erase(write_set& writes, task_sequence from, task_sequence to);

  static void put_cell(write_set& writes, const msg<wire::ToolCell>& cell);
  static void erase_cell(write_set& writes, std::string_view task_type, std::string_view tool, std::string_view model);
  static void put_unlisted_records(write_set& writes, uint64_t records);
  static void put_delta(write_set& writes, std::string_view origin, const msg<wire::LearningDelta>& delta);
  static void erase_delta(write_set& writes, std::string_view origin);
  static void put_published_delta(write_set& writes, const msg<wire::LearningDelta>& delta);
  static void put_source(write_set& writes, std::string_view source, uint64_t row);
  static void erase_source(write_set& writes, std::string_view source);
  static void put_key_group(write_set& writes, uint64_t first, std::string_view digests);

  /// Erases all groups whose smallest digest is below `first`.
  static void erase_key_groups(write_set& writes, uint64_t first);

private:
  const database& db_;
};

} // namespace hive
