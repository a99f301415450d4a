#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// One metric as reported by an adapter; its value is the mean of `samples`.
struct measured_metric {
  std::string name;
  std::string unit;
  wire::Direction direction = wire::Direction::HIGHER;
  std::vector<double> samples = {};                        ///< never empty
  std::string scope = {};                                  ///< see wire::Metric
  double floor = std::numeric_limits<double>::quiet_NaN(); ///< see wire::Metric; NaN: none
};

/// Collects the metrics of one measurement.
class metric_list {
public:
  explicit metric_list(std::string adapter) : adapter_{std::move(adapter)} {
  }

  void add(measured_metric metric) {
    metrics_.push_back(std::move(metric));
  }

  bool empty() const {
    return metrics_.empty();
  }

  /// The measurement, with metrics in the order of `add` calls. An over-long note is cut at a character boundary.
  msg<wire::Measurement> finish(std::string_view note = {}) const;

private:
  std::string adapter_;
  std::vector<measured_metric> metrics_;
};

/// The answer of an adapter that has nothing to measure here.
msg<wire::Measurement> skipped(std::string_view reason);

} // namespace hive
