#include "analysis/anchor.hpp"

#include "analysis/normal.hpp"
#include "analysis/upgrade_check.hpp"
#include "analysis/wilson.hpp"

#include <algorithm>

namespace hive::analysis {
namespace {

const action_sample* sample_of(std::span<const action_sample> samples, std::string_view action) {
  auto found = std::ranges::find(samples, action, &action_sample::action);
  return found == samples.end() || found->runs == 0 ? nullptr : &*found;
}

double success_rate(const action_sample& sample) {
  return static_cast<double>(sample.successes) / sample.runs;
}

} // namespace

bool moves_anchor(std::span<const anchor_rate> anchor, std::span<const action_sample> samples) {
  const double z = two_sided_z(anchor_confidence);
  auto is_above = [&](const anchor_rate& each) {
    auto* sample = sample_of(samples, each.action);
    return sample && sample->runs >= min_anchor_runs &&
           wilson_interval(sample->successes, sample->runs, z).lower > each.rate;
  };
  return !anchor.empty() && std::ranges::all_of(anchor, is_above);
}

std::vector<anchor_rate> anchor_of_new_lineage(std::span<const anchor_rate> old_anchor,
                                               std::span<const action_sample> samples) {
  std::vector<anchor_rate> out{old_anchor.begin(), old_anchor.end()};
  for (const auto& each : samples) {
    if (each.runs < min_anchor_runs)
      continue;
    auto known = std::ranges::find(out, each.action, &anchor_rate::action);
    if (known == out.end())
      out.push_back({each.action, success_rate(each)});
    else
      known->rate = std::max(known->rate, success_rate(each));
  }
  return out;
}

std::vector<decayed_action> decayed_actions(std::span<const anchor_rate> anchor,
                                            std::span<const action_sample> present) {
  std::vector<decayed_action> out;
  for (const auto& each : anchor) {
    double limit = (1 - regression_share) * each.rate;
    auto* sample = sample_of(present, each.action);
    if (!sample)
      out.push_back({each.action, each.rate, limit, std::nullopt});
    else if (success_rate(*sample) < limit)
      out.push_back({each.action, each.rate, limit, success_rate(*sample)});
  }
  return out;
}

} // namespace hive::analysis
