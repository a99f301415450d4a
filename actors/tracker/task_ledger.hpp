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
#include <utility>

namespace hive {

struct ledger_options {
  /// Limits of the statistics; new names evict the least used ones.
  analysis::tally_limits limits = {};
  /// Minimum number of remembered idempotency keys. Stored on disk: a crash loses none.
  size_t remembered_keys = defaults::remembered_task_keys;
  /// Maximum number of sources whose last row is remembered; batches of further sources are rejected.
  size_t sources = defaults::max_task_sources;
};

/// Result of admitting one record.
struct admission {
  enum class outcome : uint8_t { recorded, duplicate, rejected };
  outcome what = outcome::recorded;
  std::string reason = {}; ///< why it was rejected
};

/// Admits records: numbers and counts them, and produces the writes. Its state is ahead of the disk; after a failed
/// write it must be loaded again, since only the store knows what was written.
class task_ledger {
public:
  explicit task_ledger(ledger_options options = {})
      : tally_{options.limits}, keys_{options.remembered_keys}, max_sources_{options.sources} {
  }

  /// Loads the stored statistics; reads no records. ec::corrupt.
  static caf::expected<task_ledger> load(const task_store& store, const ledger_options& options);

  /// Counts a record and adds it to `writes`. Rejected records and known idempotency keys change nothing.
  admission admit(wire::TaskRecord::Reader record, int64_t now_unix_micros, write_set& writes);

  /// Marks the rows in (after_row, through_row] of a source as imported. Admit the records to keep of them before the
  /// next `seal`. ec::conflict, naming the last imported row, when that is not `after_row`, so that no row is imported
  /// twice, whoever sends it; ec::invalid unless after_row < through_row; ec::too_large for a new source above the
  /// limit. On failure nothing changes.
  caf::error take_rows(std::string_view source, uint64_t after_row, uint64_t through_row);

  /// The last row imported from a source; 0 when there is none.
  uint64_t last_row(std::string_view source) const;

  /// Forgets the last row imported from a source. False when there was none.
  bool forget_source(std::string_view source);

  /// Last imported rows, by source.
  const std::map<std::string, uint64_t, std::less<>>& sources() const {
    return last_rows_;
  }

  /// Adds to `writes` all other changes since the last call: statistics, idempotency keys and rows. All of them must
  /// become durable together.
  void seal(write_set& writes);

  /// Task types whose statistics changed since the last call, also those that are gone. Call it often: they are kept
  /// until then.
  std::set<std::string, std::less<>> take_changed_tasks() {
    return std::exchange(changed_tasks_, {});
  }

  const analysis::tally& statistics() const {
    return tally_;
  }

  /// Number of the newest record.
  task_sequence newest() const {
    return newest_;
  }

private:
  void take_room_made(write_set& writes);
  void note_change(std::string_view task_type);

  analysis::tally tally_;
  recent_keys keys_;
  size_t max_sources_;
  std::map<std::string, uint64_t, std::less<>> last_rows_; ///< by source
  std::set<std::string, std::less<>> changed_sources_;     ///< including forgotten ones
  task_sequence newest_;
  std::unordered_set<const analysis::tool_cell*> changed_cells_;
  std::set<std::string, std::less<>> changed_tasks_;
  std::string new_digests_;       ///< digests of keys, as stored
  uint64_t first_new_digest_ = 0; ///< position of the first one among all keys
};

} // namespace hive
