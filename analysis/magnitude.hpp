#pragma once

namespace hive::analysis {

/// difference / unit. When `unit` is not above 0: 0 if `difference` is 0, otherwise infinite with its sign.
double in_units(double difference, double unit);

/// (after − before) / |before|, infinite when only `before` is 0.
double relative_change(double before, double after);

} // namespace hive::analysis
