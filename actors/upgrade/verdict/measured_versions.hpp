#pragma once

#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/upgrade.capnp.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hive {

/// The sides that each round of a measurement has: the reference only if it is a version of its own.
std::vector<wire::RunSide> sides_of(wire::PairedMeasurement::Reader measurement);

/// The version of a side.
std::string version_of(wire::PairedMeasurement::Reader measurement, wire::RunSide side);

/// The samples of one metric in a paired measurement.
struct paired_samples {
  msg<wire::Metric> as_first;                             ///< as the first run gave it: unit, direction, rules
  std::map<wire::RunSide, std::vector<double>> by_side{}; ///< of rounds that count; index i of all is one round
  uint32_t left_out = 0;                                  ///< rounds that do not count
};

/// What a paired measurement measured. Pure.
class measured_versions {
public:
  using metric_name = std::pair<std::string, std::string>; ///< adapter and metric

  /// `sides` are those that each round measures.
  explicit measured_versions(std::vector<wire::RunSide> sides) : sides_{std::move(sides)} {
  }

  /// Adds a round. A metric that one of its runs lacks, or defines otherwise than the first run of all, does not count
  /// in it.
  void add(wire::MeasuredRound::Reader round);

  const std::map<metric_name, paired_samples>& metrics() const {
    return metrics_;
  }

private:
  std::vector<wire::RunSide> sides_;
  std::map<metric_name, paired_samples> metrics_;
};

} // namespace hive
