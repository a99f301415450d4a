#pragma once

#include "analysis/series_buckets.hpp"
#include "messages/history.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <optional>
#include <string>
#include <vector>

namespace hive {

/// What values must have in common to compare with each other.
struct series_kind {
  std::string unit;
  wire::Direction direction = wire::Direction::LOWER;
  bool simulated = false;
  bool operator==(const series_kind&) const = default;

  static series_kind of(wire::SeriesPoint::Reader point);
};

/// A capture as a range of its own, whose value counts or not.
analysis::capture_range range_of(capture_id id, wire::SeriesPoint::Reader point, bool counts);

/// Makes a block from consecutive captures of a series. Pure.
class block_builder {
public:
  static constexpr size_t max_captures = 1'024;
  static constexpr size_t summary_captures = 16;
  /// As in the schema.
  static constexpr size_t max_versions = 8;

  /// `after` is the capture before the first one, 0 for none, and `version` its version.
  block_builder(capture_id after, std::string version) : after_{after}, version_{std::move(version)} {
  }

  void add(capture_id id, wire::SeriesPoint::Reader point);

  size_t captures() const {
    return captures_;
  }

  /// The block; see HistoryBlock. At least one capture was added.
  msg<wire::HistoryBlock> finish(uint32_t marks);

private:
  struct start {
    std::string version;
    capture_id capture;
    int64_t at = 0;
  };

  void follow_version(capture_id id, wire::SeriesPoint::Reader point);
  void follow_time(int64_t at);
  void put_summaries(wire::HistoryBlock::Builder out) const;
  void end_summary();

  capture_id after_;
  std::string version_;
  size_t captures_ = 0;
  bool mixed_ = false;
  bool unordered_ = false;
  std::optional<series_kind> kind_;
  int64_t earliest_ = 0;
  int64_t latest_ = 0;
  int64_t previous_ = 0;
  std::vector<analysis::capture_range> open_; ///< of the summary that is not full
  std::vector<analysis::capture_range> summaries_;
  std::vector<start> starts_;
};

} // namespace hive
