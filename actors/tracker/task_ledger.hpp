#pragma once

#include "actors/defaults.hpp"
#include "actors/tracker/recent_keys.hpp"
#include "analysis/tool_statistics.hpp"
#include "messages/tracker.capnp.h"
#include "storage/task_store.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

namespace hive {

struct ledger_options {
  /// Bounds of the statistics; the least used give way to what is new.
  analysis::tally_limits limits = {};
  /// Idempotency keys that are remembered at least. Kept on disk: a crash loses none.
  size_t remembered_keys = defaults::remembered_task_keys;
  /// Sources whose last row is remembered; a batch of one more is refused.
  size_t sources = defaults::max_task_sources;
};

/// What became of one record.
struct admission {
  enum class outcome : uint8_t { recorded, duplicate, rejected };
  outcome what = outcome::recorded;
  std::string reason = {}; ///< why it was rejected
};

/// Takes in records: numbers them, counts them and says what is to be written for it. It runs ahead of the disk; when a
/// write fails, load it anew, since only the store knows what holds.
class task_ledger {
public:
  explicit task_ledger(ledger_options options = {})
      : tally_{options.limits}, keys_{options.remembered_keys}, max_sources_{options.sources} {
  }

  /// As the store has it: from the stored statistics, not from the records. Fails with ec::corrupt.
  static caf::expected<task_ledger> load(const task_store& store, const ledger_options& options);

  /// Counts a record and adds it to `writes`. A rejected one and one whose idempotency key is known change nothing.
  admission admit(wire::TaskRecord::Reader record, int64_t now_unix_micros, write_set& writes);

  /// Takes the rows of a source behind `after_row` up to `through_row`: what is admitted until the next `seal` holds
  /// all of their records that are to be kept. ec::conflict naming the row when the last one taken is not `after_row`,
  /// so that no row is taken twice, whoever sends it; ec::invalid for rows in the wrong order, ec::too_large above the
  /// bound of sources. Then nothing has changed.
  caf::error take_rows(std::string_view source, uint64_t after_row, uint64_t through_row);

  /// The last row of a source that was taken; 0 when there is none.
  uint64_t last_row(std::string_view source) const;

  /// Forgets that rows of a source were taken. False when none were.
  bool forget_source(std::string_view source);

  /// Last rows taken, by source.
  const std::map<std::string, uint64_t, std::less<>>& sources() const {
    return last_rows_;
  }

  /// Adds to `writes` what else changed since the last call: statistics, idempotency keys and rows. Everything since
  /// then must become durable together.
  void seal(write_set& writes);

  const analysis::tally& statistics() const {
    return tally_;
  }

  /// Number of the newest record.
  task_sequence newest() const {
    return newest_;
  }

private:
  void take_room_made(write_set& writes);

  analysis::tally tally_;
  recent_keys keys_;
  size_t max_sources_;
  std::map<std::string, uint64_t, std::less<>> last_rows_; ///< by source
  std::set<std::string, std::less<>> changed_sources_;     ///< also those that were forgotten
  task_sequence newest_;
  std::unordered_set<const analysis::tool_cell*> changed_cells_;
  std::string new_digests_;       ///< of keys, as they are stored
  uint64_t first_new_digest_ = 0; ///< its place among all keys
};

} // namespace hive
