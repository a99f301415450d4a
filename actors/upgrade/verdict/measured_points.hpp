#pragma once

#include "actors/upgrade/verdict/compared_side.hpp"
#include "actors/upgrade/verdict/measured_versions.hpp"
#include "analysis/upgrade_check.hpp"

#include <vector>

namespace hive {

/// One side of a paired measurement, as the analysis takes it: a metric for each that was measured, with the samples of
/// the rounds that count, by which it is paired with the other sides. It refers to `measured`, which must outlive it.
std::vector<analysis::metric_point> points_of(const measured_versions& measured, wire::RunSide side,
                                              configured_rules rules);

} // namespace hive
