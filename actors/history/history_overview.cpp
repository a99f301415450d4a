#include "actors/history/history_overview.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

namespace hive {
namespace {

/// A metric's two series in a window.
class overview_reader {
public:
  overview_reader(const database& db, const analysed_history& history, const series_window& window)
      : db_{db}, history_{history}, window_{window}, counting_{series_kind::of(*find_reference(history.points))},
        series_{keys::series_of(history.metric.adapter, history.metric.name),
                keys::imported_series_of(history.metric.adapter, history.metric.name)} {
  }

  caf::expected<history_overview> read(size_t most, std::vector<new_block>& missing) {
    for (const auto& series : series_) {
      auto outline = read_outline(db_, series, counting_, window_);
      if (!outline)
        return outline.error();
      std::ranges::move(outline->missing, std::back_inserter(missing));
      add(std::move(*outline));
    }
    history_overview out;
    for (const auto& each : ranges_)
      out.captures += each.captures();
    out.versions = starts_of_versions();
    if (auto failure = out.captures <= most ? read_points(out) : make_buckets(most, out))
      return failure;
    return out;
  }

private:
  void add(series_outline outline) {
    if (ranges_.empty()) {
      ranges_ = std::move(outline.ranges);
    } else if (!outline.ranges.empty()) {
      auto middle = static_cast<std::ptrdiff_t>(ranges_.size());
      std::ranges::move(outline.ranges, std::back_inserter(ranges_));
      std::ranges::inplace_merge(ranges_, ranges_.begin() + middle, {}, &analysis::capture_range::first_capture);
    }
    for (auto& each : outline.versions)
      starts_.emplace(each.capture, std::move(each));
    has_summaries_ |= outline.has_summaries;
  }

  /// The newest captures tell all starts; the blocks of older ones, some.
  std::vector<version_start> starts_of_versions() {
    const auto& newest = history_.points;
    for (size_t i = 1; i < newest.size(); ++i) {
      auto point = *newest[i].point;
      if (as_view(point.getVersion()) != as_view(newest[i - 1].point->getVersion()) &&
          window_.holds(point.getCapturedAt()))
        starts_.try_emplace(
          newest[i].id, version_start{std::string{as_view(point.getVersion())}, newest[i].id, point.getCapturedAt()});
    }
    std::vector<version_start> out;
    for (auto& [id, start] : starts_)
      if (out.empty() || out.back().version != start.version)
        out.push_back(std::move(start));
    out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(std::min(max_version_starts, out.size())));
    return out;
  }

  caf::error read_points(history_overview& out) const {
    if (ranges_.empty())
      return caf::none;
    auto first = first_capture(), last = last_capture();
    for (const auto& series : series_) {
      auto failure =
        series_store{db_}.visit(series, {first.value - 1}, last, [&](capture_id id, msg<wire::SeriesPoint> point) {
          if (window_.holds(point->getCapturedAt()))
            out.points.push_back({id, std::move(point)});
          return database::scan::next;
        });
      if (failure)
        return failure;
    }
    std::ranges::stable_sort(out.points, {}, &series_entry::id);
    return caf::none;
  }

  caf::error make_buckets(size_t most, history_overview& out) {
    // Summaries make too few buckets where a bucket has fewer captures than they have.
    if (has_summaries_ && out.captures < most * block_builder::summary_captures) {
      auto first = first_capture(), last = last_capture();
      ranges_.clear();
      for (const auto& series : series_) {
        auto outline = read_captures(db_, series, counting_, window_, first, last);
        if (!outline)
          return outline.error();
        add(std::move(*outline));
      }
    }
    out.buckets = analysis::to_buckets(ranges_, most);
    return caf::none;
  }

  capture_id first_capture() const {
    return {ranges_.front().first_capture};
  }

  capture_id last_capture() const {
    return {std::ranges::max(ranges_, {}, &analysis::capture_range::last_capture).last_capture};
  }

  const database& db_;
  const analysed_history& history_;
  const series_window window_;
  const series_kind counting_;
  const std::array<std::string, 2> series_;
  std::vector<analysis::capture_range> ranges_; ///< by first capture
  std::map<capture_id, version_start> starts_;
  bool has_summaries_ = false;
};

} // namespace

caf::expected<history_overview> read_overview(const database& db, const analysed_history& history,
                                              const series_window& window, size_t most,
                                              std::vector<new_block>& missing) {
  return overview_reader{db, history, window}.read(most, missing);
}

} // namespace hive
