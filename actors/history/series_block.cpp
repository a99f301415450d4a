#include "actors/history/series_block.hpp"

#include "actors/history/history_page.hpp"
#include "messages/text.hpp"

#include <algorithm>

namespace hive {

series_kind series_kind::of(wire::SeriesPoint::Reader point) {
  return {std::string{as_view(point.getUnit())}, point.getDirection(), point.getSimulated()};
}

analysis::capture_range range_of(capture_id id, wire::SeriesPoint::Reader point, bool counts) {
  analysis::capture_range out;
  out.first_capture = out.last_capture = id.value;
  out.from = out.to = point.getCapturedAt();
  if (counts)
    out.least = out.median = out.most = point.getValue();
  out.count = counts ? 1 : 0;
  out.left_out = counts ? 0 : 1;
  return out;
}

void block_builder::add(capture_id id, wire::SeriesPoint::Reader point) {
  bool usable = is_usable(point);
  if (usable) {
    auto kind = series_kind::of(point);
    mixed_ |= kind_ && *kind_ != kind;
    kind_ = std::move(kind);
  }
  follow_version(id, point);
  follow_time(point.getCapturedAt());
  ++captures_;
  open_.push_back(range_of(id, point, usable));
  if (open_.size() == summary_captures)
    end_summary();
}

void block_builder::follow_version(capture_id id, wire::SeriesPoint::Reader point) {
  auto version = as_view(point.getVersion());
  bool is_first = after_ == capture_id{} && captures_ == 0;
  if (!is_first && version == version_)
    return;
  version_ = version;
  if (starts_.size() == max_versions)
    starts_.erase(starts_.begin());
  starts_.push_back({version_, id, point.getCapturedAt()});
}

void block_builder::follow_time(int64_t at) {
  unordered_ |= captures_ != 0 && at < previous_;
  earliest_ = captures_ == 0 ? at : std::min(earliest_, at);
  latest_ = captures_ == 0 ? at : std::max(latest_, at);
  previous_ = at;
}

void block_builder::end_summary() {
  summaries_.push_back(analysis::join(open_));
  open_.clear();
}

msg<wire::HistoryBlock> block_builder::finish(uint32_t marks) {
  if (!open_.empty())
    end_summary();
  return msg<wire::HistoryBlock>::build([&](wire::HistoryBlock::Builder out) {
    out.setAfter(after_.value);
    out.setMarks(marks);
    out.setMixed(mixed_);
    out.setUnordered(unordered_);
    if (kind_) {
      out.setUnit(kind_->unit);
      out.setDirection(kind_->direction);
      out.setSimulated(kind_->simulated);
    }
    out.setEarliest(earliest_);
    out.setLatest(latest_);
    if (!mixed_)
      put_summaries(out);
    auto versions = out.initVersions(static_cast<uint32_t>(starts_.size()));
    for (uint32_t i = 0; i < versions.size(); ++i) {
      versions[i].setVersion(starts_[i].version);
      versions[i].setCaptureId(starts_[i].capture.value);
      versions[i].setAt(starts_[i].at);
    }
    out.setLastVersion(version_);
  });
}

void block_builder::put_summaries(wire::HistoryBlock::Builder out) const {
  auto size = static_cast<uint32_t>(summaries_.size());
  auto first = out.initFirstCapture(size), last = out.initLastCapture(size);
  auto from = out.initFrom(size), to = out.initTo(size);
  auto least = out.initLeast(size), median = out.initMedian(size), most = out.initMost(size);
  auto count = out.initCount(size), left_out = out.initLeftOut(size);
  for (uint32_t i = 0; i < size; ++i) {
    const auto& each = summaries_[i];
    first.set(i, each.first_capture);
    last.set(i, each.last_capture);
    from.set(i, each.from);
    to.set(i, each.to);
    if (each.count != 0) { // else they have no value, and stay 0
      least.set(i, each.least);
      median.set(i, each.median);
      most.set(i, each.most);
    }
    count.set(i, each.count);
    left_out.set(i, each.left_out);
  }
}

} // namespace hive
