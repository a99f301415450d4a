#include "analysis/canary_rates.hpp"

#include "analysis/canary_reason.hpp"
#include "analysis/normal.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {
namespace {

/// Of the intervals that are shown.
constexpr double shown_confidence = 0.95;
/// Trials that are said to be needed suffice with this chance, if the difference stays as it is.
constexpr double chance_of_enough = 0.8;
/// More trials than this are not worth naming.
constexpr double most_useful_trials = 1e9;

/// Trials of the canaries with which the upper bound would be below the margin.
std::optional<uint64_t> trials_needed(const canary_rates& at, double margin) {
  double room = margin - at.difference, reach = at.range.upper - at.difference;
  if (!(room > 0))
    return std::nullopt;
  double level = canary_looks.back().safe_level;
  double deviations = normal_quantile(1 - level) + normal_quantile(chance_of_enough);
  double growth = reach / two_sided_z(shown_confidence) * deviations / room;
  auto counted = static_cast<double>(at.rates.canary_counts.all());
  double needed = std::ceil(counted * std::max(1.0, growth * growth));
  return needed <= most_useful_trials ? std::optional{static_cast<uint64_t>(needed)} : std::nullopt;
}

canary_rates measure_rates(std::span<const block_series> nodes, const rate_rule& rule, uint32_t until) {
  canary_rates out;
  out.until_block = until;
  out.rates = compare_blocks(nodes, until);
  const auto &canary = out.rates.canary, &control = out.rates.control;
  if (out.rates.blocks == 0)
    return out;
  out.difference = canary.share - control.share;
  out.range = difference_interval(canary, control, two_sided_z(shown_confidence));
  out.p_worse = p_difference_above(canary, control, 0);
  out.p_beyond_margin = p_difference_above(canary, control, rule.margin);
  out.p_within_margin = p_difference_below(canary, control, rule.margin);
  out.canary_trials_needed = trials_needed(out, rule.margin);
  return out;
}

/// Trials that each canary must have.
int64_t least_of_canary(std::span<const block_series> nodes, const rate_rule& rule) {
  auto canaries = std::ranges::count(nodes, true, &block_series::is_canary);
  return (int64_t{rule.least_traffic} + 2 * canaries - 1) / (2 * canaries);
}

/// Why there is too little to judge anything, or nothing.
std::string too_little(const canary_rates& at, const rate_rule& rule, std::string_view things) {
  auto canary = at.rates.canary_counts.all(), control = at.rates.control_counts.all();
  auto least = int64_t{rule.least_traffic};
  if (canary < least || control < least)
    return describe_traffic(canary, control, least, things);
  if (at.rates.blocks < least_compared_blocks)
    return "only " + std::to_string(at.rates.blocks) + " blocks of time have " + std::string{things} +
           " on both sides: " + std::to_string(least_compared_blocks) + " are needed";
  return {};
}

/// Why a share that compares well is not safe, or nothing.
std::string withheld(std::span<const block_series> nodes, const rate_rule& rule, const canary_rates& at,
                     double most_control_failures, std::string_view things) {
  auto least = least_of_canary(nodes, rule);
  for (const auto& node : nodes) {
    good_bad all;
    for (uint32_t block = 0; block < at.until_block; ++block)
      all.add(node.blocks[block]);
    if (node.is_canary && all.all() < least)
      return "a canary has " + std::to_string(all.all()) + " " + std::string{things} + ": each needs " +
             std::to_string(least);
  }
  double failing = at.rates.control.share + at.rates.common;
  if (failing > most_control_failures)
    return as_percent(failing) + " fail on the controls: above " + as_percent(most_control_failures) +
           " nothing can be told of canaries";
  return {};
}

} // namespace

rate_judgement judge_rate(std::span<const block_series> nodes, const rate_rule& rule, const stage_progress& progress,
                          const missing_until& missing, std::string_view things) {
  rate_judgement out;
  for (size_t i = 0; i < canary_looks.size(); ++i) {
    auto end_of = [&](const canary_look& look) { return (progress.duration_blocks * look.percent + 99) / 100; };
    const auto& look = canary_looks[i];
    if (end_of(look) > progress.observed_blocks) {
      if (out.reason.empty())
        out.reason = "the first look at " + std::string{things} + " is after " + std::to_string(end_of(look)) +
                     " blocks of time: " + std::to_string(progress.observed_blocks) + " are observed";
      break;
    }
    if (i + 1 < canary_looks.size() && end_of(canary_looks[i + 1]) == end_of(look))
      continue; // a short stage: only the last look at the same blocks is taken
    auto at = measure_rates(nodes, rule, end_of(look));
    at.regressed_level = look.regressed_level / progress.shares;
    at.safe_level = look.safe_level;
    out.reason = too_little(at, rule, things);
    if (!out.reason.empty())
      continue;
    out.at = at;
    if (at.p_worse <= at.regressed_level && at.p_beyond_margin <= beyond_margin_level) {
      out.decided = verdict::regressed;
    } else if (at.p_within_margin <= at.safe_level) {
      out.reason = withheld(nodes, rule, at, progress.most_control_failures, things);
      if (out.reason.empty())
        out.reason = missing(at.until_block);
      if (!out.reason.empty())
        continue;
      out.decided = verdict::safe;
    }
    bool is_last = i + 1 == canary_looks.size();
    out.reason = describe_rates(at, out.decided, rule.margin, is_last, things);
    if (out.decided != verdict::inconclusive)
      return out;
  }
  return out;
}

} // namespace hive::analysis
