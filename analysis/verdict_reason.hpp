#pragma once

#include "analysis/upgrade_check.hpp"

namespace hive::analysis {

/// "0.05 ratio": six significant digits and the unit, if any.
std::string describe_value(double value, std::string_view unit);

/// "2 of 5 metrics regressed: a.latency 950 ms → 1200 ms (+26.3%), …": the first few, and the number of others.
std::string regressed_reason(const upgrade_result& result);

/// "not comparable: a.latency 950 ms → 1.2 s: its unit …; …": the first few that block, and the number of others.
std::string blocked_reason(const upgrade_result& result);

/// "the old version v2.O has no snapshot; similar: v2.0".
std::string without_snapshot_reason(std::string_view which, const version_points& side);

} // namespace hive::analysis
