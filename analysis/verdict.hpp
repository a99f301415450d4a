#pragma once

#include <cstdint>

namespace hive::analysis {

/// Which values of a metric are better.
enum class direction : uint8_t { higher, lower };

/// What a comparison of two versions says of the new one. Only safe opens a gate.
enum class verdict : uint8_t { safe, regressed, inconclusive };

/// A change for the worse by more than this share of the old value is a regression (HART OS: is_upgrade_safe).
inline constexpr double regression_share = 0.05;

} // namespace hive::analysis
