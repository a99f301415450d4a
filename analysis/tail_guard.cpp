#include "analysis/tail_guard.hpp"

#include "analysis/moments.hpp"
#include "analysis/paired.hpp"
#include "analysis/robust.hpp"

namespace hive::analysis {
namespace {

/// The value beyond which values are spikes.
double spike_limit(std::span<const double> old_values, const gate_scale& scale) {
  double centre = median(old_values);
  bool lower_is_better = scale.better == direction::lower;
  if (scale.by_difference)
    return lower_is_better ? centre + spike_margins * scale.margin : centre - spike_margins * scale.margin;
  return lower_is_better ? centre * spike_factor : centre / spike_factor;
}

} // namespace

double change_of_mean(std::span<const double> old_values, std::span<const double> new_values, const gate_scale& scale) {
  double before = mean(old_values), after = mean(new_values);
  bool lower_is_better = scale.better == direction::lower;
  if (scale.by_difference)
    return lower_is_better ? after - before : before - after;
  return lower_is_better ? after / before : before / after;
}

bool is_within_margin(double change_of_mean, const gate_scale& scale, double margin) {
  return change_of_mean <= (scale.by_difference ? scale.margin : 1 + margin);
}

tail_result compare_tails(std::span<const double> old_values, std::span<const double> new_values,
                          const gate_scale& scale, double margin, double level) {
  double limit = spike_limit(old_values, scale);
  auto is_spike = [&](double value) { return scale.better == direction::lower ? value > limit : value < limit; };
  tail_result out;
  for (size_t i = 0; i < old_values.size(); ++i) {
    bool before = is_spike(old_values[i]), after = is_spike(new_values[i]);
    out.new_spikes += after && !before;
    out.old_spikes += before && !after;
  }
  out.p = mcnemar_exact(out.new_spikes, out.old_spikes).p_worse;
  out.mean_change = change_of_mean(old_values, new_values, scale);
  if (out.p <= level / 4)
    out.finding = tail_finding::more_spikes;
  else if (!is_within_margin(out.mean_change, scale, margin)) // as is a mean that left the range of a double
    out.finding = tail_finding::mean_beyond_margin;
  else if (out.p <= spike_level)
    out.finding = tail_finding::spikes_suspected;
  return out;
}

} // namespace hive::analysis
