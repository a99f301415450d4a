#pragma once

#include "actors/history/change_list.hpp"
#include "actors/history/metric_list.hpp"
#include "actors/history/series_outline.hpp"
#include "analysis/metric_rules.hpp"
#include "messages/history.capnp.h"
#include "storage/database.hpp"

#include <atomic>
#include <span>
#include <vector>

namespace hive {

/// An answer, and what should be stored so that the next one is faster; never more than some 10 MiB.
struct told_history {
  msg<wire::MetricHistory> answer;
  std::vector<new_block> missing = {};
};

/// Reads and analyses the history of one metric. May be called from any thread; takes some 10 ms for 10,000 points.
/// Fails with ec::not_found, naming metrics of similar names, with ec::invalid for a page that is both before and after
/// a capture or of a window without `points`, and with ec::corrupt. `rules` are the operator's, for thresholds.
caf::expected<told_history> read_history(const database& db, wire::MetricHistoryQuery::Reader query,
                                         std::span<const analysis::configured_rules> rules = {});

/// All metrics, and what changed.
struct all_metrics {
  change_list changes;
  metric_list metrics = {};
};

/// Finds the changes of all metrics, of at most `defaults::max_change_metrics`. May be called from any thread; takes
/// about a second for a thousand metrics of 500 points. Fails with ec::corrupt, and with ec::unavailable soon after
/// `cancelled` was set.
caf::expected<all_metrics> read_all_changes(const database& db, const std::atomic<bool>& cancelled);

} // namespace hive
