#pragma once

#include "analysis/gate_options.hpp"

#include <span>
#include <variant>
#include <vector>

namespace hive::analysis {

// Old and new values on the scale on which a metric is judged: a change for the worse is positive, whichever direction
// is better.

struct gate_scale {
  bool by_difference = false; ///< in the metric's unit; otherwise in logarithms
  direction better = direction::lower;
  double margin = 0; ///< ln(1 + margin), or −ln(1 − margin) where higher is better; or the absolute margin
};

/// Smallest step of the values: that of a count is at least 1.
double resolution_of(const gate_options& options);

/// The scale for these values: logarithms, or differences when a value is 0 or negative. Or why the values cannot be
/// judged: `no_absolute_margin` or `coarse_resolution` (a step of the values is larger than the margin: for differences
/// the absolute margin, otherwise its share of the old median). Values must be finite, `old_values` not empty.
std::variant<gate_scale, gate_reason> scale_for(std::span<const double> old_values, std::span<const double> new_values,
                                                const gate_options& options);

/// The change of each pair: ln(new/old), or ln(old/new) where higher is better; or the differences. As many new values
/// as old ones. A difference that leaves the range of a double is infinite.
std::vector<double> changes_of(std::span<const double> old_values, std::span<const double> new_values,
                               const gate_scale& scale);

/// The values of one side, mapped so that the difference of two is the change between them.
std::vector<double> on_scale(std::span<const double> values, const gate_scale& scale);

/// A change on the scale as people read it: new/old − 1, or new − old.
double readable_change(double change, const gate_scale& scale);

/// Whether no value is NaN or infinite.
bool are_finite(std::span<const double> values);

} // namespace hive::analysis
