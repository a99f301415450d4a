#pragma once

#include "actors/history/history_page.hpp"
#include "actors/history/series_outline.hpp"

namespace hive {

/// A metric's captures in a window: all of them if they are at most `most`, else as buckets, at most that many. Adds to
/// `missing` the blocks that should be stored. Does not fill in the thresholds. Fails with ec::corrupt.
caf::expected<history_overview> read_overview(const database& db, const analysed_history& history,
                                              const series_window& window, size_t most,
                                              std::vector<new_block>& missing);

} // namespace hive
