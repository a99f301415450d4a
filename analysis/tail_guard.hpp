#pragma once

#include "analysis/gate_scale.hpp"

#include <cstdint>
#include <span>

namespace hive::analysis {

// The rank bounds do not see a tail that grows: of 20 pairs, one can be ten times as slow without moving them. The tail
// guard compares means and spikes of the same pairs.

/// A value is a spike when it is worse than the old median by more than this factor.
inline constexpr double spike_factor = 1.25;
/// Where values are compared by differences: when it is worse by more than so many absolute margins, as
/// `spike_factor` is five margins of 5%.
inline constexpr double spike_margins = 5;
/// p-value of more spikes up to which safe is withheld.
inline constexpr double spike_level = 0.05;

enum class tail_finding : uint8_t {
  none,
  mean_beyond_margin, ///< safe is withheld
  spikes_suspected,   ///< safe is withheld
  more_spikes         ///< the new side is regressed
};

struct tail_result {
  double mean_change = 0;  ///< see `change_of_mean`
  uint32_t new_spikes = 0; ///< pairs in which only the new value is a spike
  uint32_t old_spikes = 0; ///< pairs in which only the old value is one
  double p = 1;            ///< McNemar's, one-sided: whether the new side has more spikes
  tail_finding finding = tail_finding::none;
};

/// Mean of the new values divided by that of the old ones, or the reverse where higher is better; or the difference of
/// the means, positive when the new one is worse. Neither side may be empty.
double change_of_mean(std::span<const double> old_values, std::span<const double> new_values, const gate_scale& scale);

/// Whether `change_of_mean` is within the margin: a ratio up to 1 + `margin`, or a difference up to the scale's margin.
bool is_within_margin(double change_of_mean, const gate_scale& scale, double margin);

/// Compares the tails of pairs. `more_spikes` when p ≤ level/4, with the look's one-sided level for this metric; else
/// `mean_beyond_margin` when the means are not within the margin; else `spikes_suspected` when p ≤ `spike_level`. As
/// many new values as old ones, at least one, all finite.
tail_result compare_tails(std::span<const double> old_values, std::span<const double> new_values,
                          const gate_scale& scale, double margin, double level);

} // namespace hive::analysis
