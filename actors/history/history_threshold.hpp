#pragma once

#include "actors/history/series_block.hpp"
#include "analysis/metric_rules.hpp"

#include <span>
#include <string>
#include <vector>

namespace hive {

struct metric_id;

/// The worst value that a check does not refuse, and why.
struct history_threshold {
  std::string policy;
  double value = 0;
  std::string why;
};

/// What policies strict and statistical would refuse (`analysis::check_upgrade`) if a metric of this kind had had the
/// value `level` in the old version, by the built-in rules and the operator's. None for a metric that does not gate,
/// and for a level of zero or less without an absolute margin. Pure.
std::vector<history_threshold> find_thresholds(const metric_id& metric, const series_kind& kind, double level,
                                               std::span<const analysis::configured_rules> rules);

} // namespace hive
