#pragma once

#include "actors/history/history_threshold.hpp"
#include "actors/history/series_outline.hpp"
#include "analysis/change_points.hpp"
#include "analysis/series_buckets.hpp"
#include "messages/history.capnp.h"
#include "messages/msg.hpp"
#include "storage/series_store.hpp"

#include <caf/expected.hpp>
#include <span>
#include <string>
#include <vector>

namespace hive {

/// The newest points of a metric, and what they say. Left out of the analysis, but shown, are points of deleted
/// captures and of disturbed measurements, those without a value, and those that do not compare with the newest one.
struct analysed_history {
  metric_id metric;
  std::vector<series_entry> points; ///< oldest first
  std::vector<size_t> counted;      ///< places in `points` of the values that were analysed, ascending
  analysis::history_changes found;  ///< its indices are places in `counted`
};

/// A series between two times, for a picture of it.
struct history_overview {
  uint64_t captures = 0;
  std::vector<series_entry> points;             ///< all of them, if they are few; oldest first
  std::vector<analysis::capture_range> buckets; ///< else what they say together, oldest first
  std::vector<version_start> versions;          ///< oldest first
  std::vector<history_threshold> thresholds;
};

/// Whether a point has a value that is neither deleted nor disturbed.
bool is_usable(wire::SeriesPoint::Reader point);

/// The point that others must compare with: the newest one that is neither deleted nor disturbed and has a value, else
/// the newest one of all. Null without points.
const wire::SeriesPoint::Reader* find_reference(std::span<const series_entry> points);

/// Why a point does not compare with `reference`; empty when it does.
std::string why_incomparable(wire::SeriesPoint::Reader point, wire::SeriesPoint::Reader reference);

/// Whether a point counts, beside such a reference.
bool counts(wire::SeriesPoint::Reader point, wire::SeriesPoint::Reader reference);

/// Analyses the newest points of a metric, oldest first: of those that count, the newest
/// `analysis::max_history_values`. Fails with ec::internal when the analysis refuses them.
caf::expected<analysed_history> analyse_history(metric_id metric, std::vector<series_entry> points);

/// The changes that were found, by the number of their captures, oldest first; of one capture, first the step. Drift is
/// one of them, at the newest value.
std::vector<msg<wire::HistoryChange>> changes_of(const analysed_history& history);

/// The metric's entry in the list of all metrics.
msg<wire::MetricLine> line_of(const analysed_history& history);

/// The answer with these points. `next`: 0 on the last page.
msg<wire::MetricHistory> build_history_page(const analysed_history& history, std::span<const series_entry> page,
                                            bool with_samples, capture_id next);

/// The answer with an overview in the place of a page.
msg<wire::MetricHistory> build_overview_page(const analysed_history& history, const history_overview& overview,
                                             bool with_samples);

} // namespace hive
