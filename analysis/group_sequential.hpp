#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace hive::analysis {

/// A look at the pairs measured so far, at which a verdict may fall.
struct look {
  uint32_t pairs = 0;
  double level = 0; ///< one-sided
};

enum class look_plan : uint8_t {
  short_form, ///< up to 60 pairs
  long_form   ///< up to 120 pairs, for noisy metrics
};

/// One-sided chance of a wrong bound over all looks of a plan together.
inline constexpr double sequential_level = 0.05;

// The levels are those of `spending_levels`; written down, so that no integration is part of a verdict.
inline constexpr std::array<look, 7> short_looks{
  {{8, .006667}, {12, .005603}, {16, .006416}, {24, .010568}, {36, .016337}, {48, .020608}, {60, .024905}}};
inline constexpr std::array<look, 8> long_looks{{{8, .003333},
                                                 {12, .002658},
                                                 {20, .004527},
                                                 {30, .006384},
                                                 {45, .009756},
                                                 {60, .012147},
                                                 {90, .020614},
                                                 {120, .026354}}};

/// The looks of a plan in ascending order.
std::span<const look> looks_of(look_plan plan);

/// One-sided levels of looks after so many values, in ascending order and at least one, that spend `alpha` in (0, 0.5)
/// in proportion to the share of values seen (K. K. G. Lan and D. L. DeMets, "Discrete sequential boundaries for
/// clinical trials", 1983). By recursive integration of a Brownian motion over its steps (P. Armitage, C. K. McPherson
/// and B. C. Rowe, 1969), rounded to six decimals. The points of the integration are those by which the levels above
/// were made; a finer integration gives others by up to .2% (.005593 for .005603). Takes about 50 ms for each look.
std::vector<double> spending_levels(double alpha, std::span<const uint32_t> looks);

/// The same with the share of `alpha` that is spent up to each look: ascending, in [0, 1], one per look.
std::vector<double> spending_levels(double alpha, std::span<const uint32_t> looks, std::span<const double> spent);

} // namespace hive::analysis
