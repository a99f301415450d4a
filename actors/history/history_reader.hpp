#pragma once

#include "actors/history/change_list.hpp"
#include "messages/history.capnp.h"
#include "storage/database.hpp"

#include <atomic>

namespace hive {

/// Reads and analyses the history of one metric. May be called from any thread; takes some 10 ms for 10,000 points.
/// Fails with ec::not_found, naming metrics of similar names, with ec::invalid for a page that is both before and after
/// a capture, and with ec::corrupt.
caf::expected<msg<wire::MetricHistory>> read_history(const database& db, wire::MetricHistoryQuery::Reader query);

/// Finds the changes of all metrics, of at most `defaults::max_change_metrics`. May be called from any thread; takes
/// about a second for a thousand metrics of 500 points. Fails with ec::corrupt, and with ec::unavailable soon after
/// `cancelled` was set.
caf::expected<change_list> read_all_changes(const database& db, const std::atomic<bool>& cancelled);

} // namespace hive
