#pragma once

#include "messages/tracker.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <functional>

namespace hive {

/// What the node adds to a record when it takes it in.
struct task_stamp {
  task_sequence number;
  int64_t ended_at_unix_micros = 0;
  bool corrected = false; ///< whether the given time was replaced
};

/// Coding task records, the statistics over them, and what other nodes said of theirs.
///
/// A record lies under its number alone: one key to write for each. Queries walk back from the newest record and look
/// at each, bounded per page; indexes by tool, user and time would cost every record three more keys for the sake of
/// questions that are rarely asked.
class task_store {
public:
  /// Records that are looked at for one page: about 0.1 s of reading. A rare condition takes several pages.
  static constexpr size_t default_scan_budget = 100'000;

  explicit task_store(const database& db) : db_{db} {
  }

  /// Number of the newest record; 0 without any. Fails with ec::corrupt.
  caf::expected<task_sequence> newest() const;

  /// Number of the oldest record that is kept; 0 without any. Fails with ec::corrupt.
  caf::expected<task_sequence> oldest() const;

  /// One page of the records that the query asks for, latest recorded first. It may hold fewer than `limit`, even none,
  /// and yet have a `next`: then `scan_budget` records were looked at. ec::invalid for an `after` that is no record's
  /// number, ec::corrupt.
  caf::expected<msg<wire::TaskPage>> find(wire::TaskQuery::Reader query,
                                          size_t scan_budget = default_scan_budget) const;

  /// The first record behind those at the old end that ended before `cutoff_unix_micros`, looking at `budget` records
  /// at most: all before it may go. 0 when there is none to begin with. Fails with ec::corrupt.
  caf::expected<task_sequence> first_not_before(int64_t cutoff_unix_micros, size_t budget) const;

  /// Visits the statistics as they were last stored. Stops at the first error, from the visitor or ec::corrupt.
  caf::error visit_cells(const std::function<caf::error(wire::ToolCell::Reader)>& visit_cell) const;

  /// How many records are in none of these cells any more. Fails with ec::corrupt.
  caf::expected<uint64_t> unlisted_records() const;

  /// Visits what was last heard of each node. Stops as above.
  caf::error visit_deltas(
    const std::function<caf::error(std::string_view origin, wire::LearningDelta::Reader)>& visit_delta) const;

  /// The delta that this node gave to the others last; nothing before the first. Fails with ec::corrupt.
  caf::expected<std::optional<msg<wire::LearningDelta>>> published_delta() const;

  /// Visits groups of digests in the order they became durable, each with the place of its first digest among all.
  /// Stops as above.
  caf::error
  visit_key_groups(const std::function<caf::error(uint64_t first, std::string_view digests)>& visit_group) const;

  /// Visits how far each source of records has been taken. Stops as above.
  caf::error visit_sources(const std::function<caf::error(wire::TaskSource::Reader)>& visit_source) const;

  /// Adds one record to `writes`. Its texts must keep to the lengths of the schema.
  static void put(write_set& writes, wire::TaskRecord::Reader record, const task_stamp& stamp);

  /// Erases the records from `from` on up to the one before `to`.
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

  /// Erases all groups whose first digest comes before `first`.
  static void erase_key_groups(write_set& writes, uint64_t first);

private:
  const database& db_;
};

} // namespace hive
