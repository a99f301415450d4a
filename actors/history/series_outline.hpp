#pragma once

#include "actors/history/series_block.hpp"
#include "analysis/series_buckets.hpp"
#include "storage/database.hpp"
#include "storage/series_store.hpp"
#include "storage/write_set.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// Captures of these times, both included, in microseconds since 1970; 0: no bound.
struct series_window {
  int64_t from = 0;
  int64_t to = 0;

  bool holds(int64_t at) const {
    return (from == 0 || at >= from) && (to == 0 || at <= to);
  }
};

/// A capture of another version than the one before it.
struct version_start {
  std::string version;
  capture_id capture;
  int64_t at = 0;
};

/// A block that should be stored, by its key in column snapshots.
struct new_block {
  std::string key;
  msg<wire::HistoryBlock> block;
};

/// The captures of a series in a window.
struct series_outline {
  std::vector<analysis::capture_range> ranges; ///< by capture, oldest first; each capture is in one
  std::vector<version_start> versions;         ///< oldest first
  std::vector<new_block> missing;
  bool has_summaries = false; ///< whether a range may hold several captures
};

/// Starts of versions that an answer has, as in the schema.
inline constexpr size_t max_version_starts = 200;

/// New blocks of one outline; a longer series gets the next ones when it is asked for again.
inline constexpr size_t max_new_blocks = 2'048;

/// Reads one of a metric's two series (see keys::series_of) by its blocks: captures that are in none of them are read
/// one by one. Values of another kind than `counting` do not count. Fails with ec::corrupt.
///
/// A block is used only if it continues the one before it, and if as many of its captures are marked as deleted or as
/// late as when it was made. Marks are written together with what they mark, and none is ever removed. So a block that
/// was made from what has changed since is never used, in whatever order the two became durable; it is made again.
caf::expected<series_outline> read_outline(const database& db, std::string_view series, const series_kind& counting,
                                           const series_window& window);

/// Reads the captures from `first` to `last` one by one.
caf::expected<series_outline> read_captures(const database& db, std::string_view series, const series_kind& counting,
                                            const series_window& window, capture_id first, capture_id last);

} // namespace hive
