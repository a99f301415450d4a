#include "actors/history/series_outline.hpp"

#include "actors/history/history_page.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <tuple>

namespace hive {
namespace {

class outline_reader {
public:
  outline_reader(const database& db, std::string_view series, const series_kind& counting, const series_window& window)
      : db_{db}, store_{db}, series_{series}, counting_{counting}, window_{window} {
  }

  caf::error read() {
    // First, so that what is marked meanwhile makes the new blocks untrue.
    auto marks = store_.marks(series_);
    if (!marks)
      return marks.error();
    marks_ = std::move(*marks);
    caf::error damage;
    auto prefix = keys::series_blocks_of(series_);
    auto failure = db_.visit(column::snapshots, prefix, prefix, [&](auto key, auto value) {
      auto block = database::load_stored<wire::HistoryBlock>(column::snapshots, key, value);
      damage = block ? take_stored(keys::capture_of_point(key), **block) : block.error();
      return damage ? database::scan::stop : database::scan::next;
    });
    if (failure || damage)
      return failure ? failure : damage;
    return build({});
  }

  /// Adds the captures later than `after`, up to and with `last` (0: all), one by one.
  caf::error take_captures(capture_id after, capture_id last, bool with_versions) {
    return store_.visit(series_, after, last, [&](capture_id id, const msg<wire::SeriesPoint>& stored) {
      wire::SeriesPoint::Reader point = *stored;
      if (with_versions)
        follow_version(id, point);
      if (window_.holds(point.getCapturedAt()))
        out_.ranges.push_back(range_of(id, point, is_usable(point) && series_kind::of(point) == counting_));
      return database::scan::next;
    });
  }

  series_outline take() && {
    return std::move(out_);
  }

private:
  caf::error take_stored(capture_id last, wire::HistoryBlock::Reader block) {
    capture_id after{block.getAfter()};
    if (after < end_) // overlaps another one: made before a late capture came between
      return caf::none;
    if (after > end_)
      if (auto failure = build(after))
        return failure;
    return block.getMarks() == marks_in(after, last) ? take_block(last, block) : build(last);
  }

  uint32_t marks_in(capture_id after, capture_id last) const {
    auto begin = std::ranges::upper_bound(marks_, after), end = std::ranges::upper_bound(marks_, last);
    return static_cast<uint32_t>(end - begin);
  }

  /// Makes blocks of the captures from `end_` on, up to and with `last`; without `last`, only full blocks of all that
  /// follow, and adds the rest one by one.
  caf::error build(capture_id last) {
    block_builder builder{end_, version_};
    caf::error damage;
    auto failure = store_.visit(series_, end_, last, [&](capture_id id, const msg<wire::SeriesPoint>& stored) {
      wire::SeriesPoint::Reader point = *stored;
      builder.add(id, point);
      if (builder.captures() < block_builder::max_captures)
        return database::scan::next;
      damage = take_new(id, builder);
      builder = {end_, version_};
      return damage ? database::scan::stop : database::scan::next;
    });
    if (failure || damage)
      return failure ? failure : damage;
    if (last == capture_id{})
      return take_captures(end_, {}, true);
    if (builder.captures() != 0)
      return take_new(last, builder);
    end_ = last;
    return caf::none;
  }

  caf::error take_new(capture_id last, block_builder& builder) {
    auto block = builder.finish(marks_in(end_, last));
    if (out_.missing.size() < max_new_blocks)
      out_.missing.push_back({keys::series_block(series_, last), block});
    return take_block(last, *block);
  }

  caf::error take_block(capture_id last, wire::HistoryBlock::Reader block) {
    auto after = end_;
    end_ = last;
    version_ = as_view(block.getLastVersion());
    if ((window_.from != 0 && block.getLatest() < window_.from) ||
        (window_.to != 0 && block.getEarliest() > window_.to))
      return caf::none;
    for (auto each : block.getVersions())
      if (window_.holds(each.getAt()))
        add_version({std::string{as_view(each.getVersion())}, {each.getCaptureId()}, each.getAt()});
    bool is_cut = !window_.holds(block.getEarliest()) || !window_.holds(block.getLatest());
    if (block.getMixed() || (block.getUnordered() && is_cut))
      return take_captures(after, last, false);
    return take_summaries(after, block);
  }

  caf::error take_summaries(capture_id after, wire::HistoryBlock::Reader block) {
    bool counts = as_view(block.getUnit()) == counting_.unit && block.getDirection() == counting_.direction &&
                  block.getSimulated() == counting_.simulated;
    auto first = block.getFirstCapture(), last = block.getLastCapture();
    auto from = block.getFrom(), to = block.getTo();
    auto least = block.getLeast(), median = block.getMedian(), most = block.getMost();
    auto count = block.getCount(), left_out = block.getLeftOut();
    for (uint32_t i = 0; i < first.size(); ++i) {
      bool starts_within = window_.holds(from[i]), ends_within = window_.holds(to[i]);
      // Times grow, so a summary that the window cuts begins or ends within it, or the window lies between two captures
      // of it.
      bool may_hold = (window_.to == 0 || from[i] <= window_.to) && (window_.from == 0 || to[i] >= window_.from);
      if (starts_within && ends_within) {
        analysis::capture_range range{first[i], last[i], from[i], to[i]};
        range.count = counts ? count[i] : 0;
        range.left_out = left_out[i] + count[i] - range.count;
        if (range.count != 0)
          std::tie(range.least, range.median, range.most) = std::tuple{least[i], median[i], most[i]};
        out_.ranges.push_back(range);
        out_.has_summaries = true;
      } else if (may_hold) {
        if (auto failure = take_captures(i == 0 ? after : capture_id{last[i - 1]}, {last[i]}, false))
          return failure;
      }
    }
    return caf::none;
  }

  void follow_version(capture_id id, wire::SeriesPoint::Reader point) {
    auto version = as_view(point.getVersion());
    bool is_first = end_ == capture_id{} && !has_read_;
    has_read_ = true;
    if (!is_first && version == version_)
      return;
    version_ = version;
    if (window_.holds(point.getCapturedAt()))
      add_version({version_, id, point.getCapturedAt()});
  }

  void add_version(version_start added) {
    auto& kept = out_.versions;
    if (kept.size() == 2 * max_version_starts) // not each time
      kept.erase(kept.begin(), kept.begin() + max_version_starts);
    kept.push_back(std::move(added));
  }

  const database& db_;
  const series_store store_;
  const std::string series_;
  const series_kind& counting_;
  const series_window& window_;
  std::vector<capture_id> marks_;
  capture_id end_{};    ///< all captures up to this one are in the outline
  std::string version_; ///< of the last capture that was looked at
  bool has_read_ = false;
  series_outline out_;
};

} // namespace

caf::expected<series_outline> read_outline(const database& db, std::string_view series, const series_kind& counting,
                                           const series_window& window) {
  outline_reader reader{db, series, counting, window};
  if (auto failure = reader.read())
    return failure;
  return std::move(reader).take();
}

caf::expected<series_outline> read_captures(const database& db, std::string_view series, const series_kind& counting,
                                            const series_window& window, capture_id first, capture_id last) {
  outline_reader reader{db, series, counting, window};
  if (auto failure = reader.take_captures({first.value - 1}, last, false))
    return failure;
  return std::move(reader).take();
}

} // namespace hive
