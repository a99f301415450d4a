#pragma once

#include "messages/history.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <vector>

namespace hive {

/// The entries of all metrics, about a kilobyte each. Pure.
class metric_list {
public:
  void add(msg<wire::MetricLine> line) {
    lines_.push_back(std::move(line));
  }

  /// Says that there are metrics that are not added.
  void set_partial() {
    is_partial_ = true;
  }

  /// A page of the list: first the metrics whose newest change lies in the days before `now` that are asked for. Where
  /// a page ends is told by its last metric, which is found again wherever it has moved to. ec::invalid when there is
  /// no such metric.
  caf::expected<msg<wire::MetricList>> page(wire::MetricsQuery::Reader query, int64_t now_unix_micros) const;

private:
  std::vector<msg<wire::MetricLine>> lines_;
  bool is_partial_ = false;
};

} // namespace hive
