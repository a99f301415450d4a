#include "actors/baseline/comparison.hpp"

#include "actors/baseline/span_window.hpp"
#include "actors/baseline/stream_codec.hpp"
#include "actors/baseline/stream_text.hpp"
#include "analysis/paired.hpp"
#include "analysis/rounding.hpp"
#include "analysis/trajectory.hpp"
#include "analysis/trend.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace hive {
namespace {

constexpr int delta_decimals = 4;
constexpr double duration_margin = 0.10;

enum class better { higher, lower };

struct field {
  const char* name;
  better direction;
  double before;
  double after;
};

double zero_if_unknown(double value) {
  return std::isnan(value) ? 0 : value;
}

void fill(capnp::List<wire::FieldDelta>::Builder out, std::initializer_list<field> fields) {
  uint32_t i = 0;
  for (const auto& each : fields) {
    auto before = zero_if_unknown(each.before);
    auto after = zero_if_unknown(each.after);
    auto delta = after - before;
    auto to = out[i++];
    to.setField(each.name);
    to.setOld(before);
    to.setNew(after);
    to.setDelta(analysis::round_decimals(delta, delta_decimals));
    to.setImproved(each.direction == better::higher ? delta > 0 : delta < 0);
  }
}

wire::Trend duration_trend(double first, double last) {
  if (first > 0 && last < first * (1 - duration_margin))
    return wire::Trend::IMPROVING;
  return first > 0 && last > first * (1 + duration_margin) ? wire::Trend::DECLINING : wire::Trend::STABLE;
}

// -- items ------------------------------------------------------------------------

using item_list = std::span<const msg<wire::AgentItem>>;
using numbers_of = wire::ItemNumbers::Reader (wire::AgentItem::Reader::*)() const;

const wire::AgentItem::Reader* find_item(item_list items, capnp::Text::Reader name) {
  auto found = std::ranges::find_if(items, [&](const auto& each) { return each->getItem() == name; });
  return found == items.end() ? nullptr : &**found;
}

std::vector<analysis::item_outcomes> outcomes_of(item_list before, item_list after) {
  std::vector<analysis::item_outcomes> out;
  for (const auto& item : before) {
    auto* now = find_item(after, item->getItem());
    out.push_back({as_view(item->getItem()), item->getRuns(), item->getPasses(), now ? now->getRuns() : 0,
                   now ? now->getPasses() : 0});
  }
  for (const auto& item : after)
    if (!find_item(before, item->getItem()))
      out.push_back({as_view(item->getItem()), 0, 0, item->getRuns(), item->getPasses()});
  return out;
}

std::vector<analysis::item_values> values_of(item_list before, item_list after, numbers_of numbers) {
  std::vector<analysis::item_values> out;
  for (const auto& item : before) {
    auto* now = find_item(after, item->getItem());
    auto old_numbers = ((*item).*numbers)();
    if (now && old_numbers.getRuns() > 0 && ((*now).*numbers)().getRuns() > 0)
      out.push_back({as_view(item->getItem()), old_numbers.getMean(), ((*now).*numbers)().getMean()});
  }
  return out;
}

void fill(capnp::List<capnp::Text>::Builder out, const std::vector<std::string>& texts) {
  for (uint32_t i = 0; i < out.size(); ++i)
    out.set(i, texts[i]);
}

void fill(wire::PairedItems::Builder out, const analysis::items_compared& found) {
  out.setPairs(found.pairs);
  out.setUnpaired(found.unpaired);
  out.setTest(found.by_mcnemar ? "mcnemar" : "sign_flip");
  out.setMeanChange(found.mean_change);
  out.setP(found.test.p);
  out.setPWorse(found.test.p_worse);
  out.setWorse(found.worse);
  fill(out.initBroken(static_cast<uint32_t>(found.broken.size())), found.broken);
  fill(out.initFixed(static_cast<uint32_t>(found.fixed.size())), found.fixed);
  fill(out.initFlaky(static_cast<uint32_t>(found.flaky.size())), found.flaky);
  out.setMoreItemsNeeded(found.more_items_needed.value_or(0));
}

void fill_items(wire::BaselineComparison::Builder out, item_list before, item_list after) {
  if (!before.empty())
    fill_flakiness(out.initOldFlakiness(), {before.begin(), before.end()});
  if (!after.empty())
    fill_flakiness(out.initNewFlakiness(), {after.begin(), after.end()});
  if (auto found = analysis::compare_outcomes(outcomes_of(before, after)); found.pairs > 0)
    fill(out.initItems(), found);
  auto compare_numbers = [&](numbers_of numbers) {
    return analysis::compare_values(values_of(before, after, numbers), analysis::direction::lower);
  };
  if (auto found = compare_numbers(&wire::AgentItem::Reader::getDuration); found.pairs > 0)
    fill(out.initDurations(), found);
  if (auto found = compare_numbers(&wire::AgentItem::Reader::getTokens); found.pairs > 0)
    fill(out.initTokens(), found);
  if (auto found = compare_numbers(&wire::AgentItem::Reader::getCost); found.pairs > 0)
    fill(out.initCosts(), found);
}

void fill_trajectory(wire::BaselineComparison::Builder out, wire::RunMetrics::Reader before,
                     wire::RunMetrics::Reader after) {
  if (!before.hasTrajectory() || !after.hasTrajectory())
    return;
  auto found = analysis::compare_trajectories(decode(before.getTrajectory()), decode(after.getTrajectory()));
  auto names = [](const std::vector<analysis::tool_change>& tools) {
    std::vector<std::string> texts;
    for (const auto& tool : tools)
      texts.push_back(tool.tool);
    return texts;
  };
  auto delta = out.initTrajectory();
  fill(delta.initNewTools(static_cast<uint32_t>(found.new_tools.size())), names(found.new_tools));
  fill(delta.initLostTools(static_cast<uint32_t>(found.lost_tools.size())), names(found.lost_tools));
  delta.setOldStepsPerSuccess(found.steps_per_success.old_value);
  delta.setNewStepsPerSuccess(found.steps_per_success.new_value);
  delta.setTransitionDistance(found.transition_distance);
}

// -- trends -----------------------------------------------------------------------

wire::Trend wire_trend(analysis::trend judged) {
  switch (judged) {
  case analysis::trend::improving:
    return wire::Trend::IMPROVING;
  case analysis::trend::declining:
    return wire::Trend::DECLINING;
  default:
    return wire::Trend::STABLE;
  }
}

/// The known values of one figure, oldest first.
std::vector<double> known_values(std::span<const msg<wire::BaselineSummary>> summaries,
                                 double (wire::BaselineSummary::Reader::*figure)() const) {
  std::vector<double> out;
  for (const auto& each : summaries)
    if (auto value = ((*each).*figure)(); !std::isnan(value))
      out.push_back(value);
  return out;
}

} // namespace

msg<wire::BaselineComparison> compare(wire::Baseline::Reader before, wire::Baseline::Reader after,
                                      item_list items_before, item_list items_after) {
  return msg<wire::BaselineComparison>::build([&](wire::BaselineComparison::Builder out) {
    out.setOldVersion(before.getVersion());
    out.setNewVersion(after.getVersion());
    auto old_recipe = before.getRecipeMetrics();
    auto new_recipe = after.getRecipeMetrics();
    fill(out.initRecipeDelta(3),
         {{"action_count", better::higher, static_cast<double>(old_recipe.getActionCount()),
           static_cast<double>(new_recipe.getActionCount())},
          {"total_duration", better::lower, old_recipe.getTotalExpectedDurationSeconds(),
           new_recipe.getTotalExpectedDurationSeconds()},
          {"total_runs", better::higher, old_recipe.getTotalRuns(), new_recipe.getTotalRuns()}});
    auto old_spans = before.getLightningMetrics();
    auto new_spans = after.getLightningMetrics();
    fill(out.initLightningDelta(3),
         {{"avg_reward", better::higher, old_spans.getAvgReward(), new_spans.getAvgReward()},
          {"error_rate", better::lower, old_spans.getErrorRate(), new_spans.getErrorRate()},
          {"execution_count", better::higher, static_cast<double>(old_spans.getExecutionCount()),
           static_cast<double>(new_spans.getExecutionCount())}});
    auto old_trust = before.getTrustEvolution();
    auto new_trust = after.getTrustEvolution();
    fill(out.initTrustDelta(2),
         {{"composite_trust", better::higher, old_trust.getCompositeTrust(), new_trust.getCompositeTrust()},
          {"generation", better::higher, static_cast<double>(old_trust.getGeneration()),
           static_cast<double>(new_trust.getGeneration())}});
    fill_items(out, items_before, items_after);
    fill_trajectory(out, before.getRunMetrics(), after.getRunMetrics());
  });
}

msg<wire::AgentTrend> trend_of(std::span<const msg<wire::BaselineSummary>> oldest_first) {
  return msg<wire::AgentTrend>::build([&](wire::AgentTrend::Builder out) {
    out.setSnapshotCount(static_cast<uint32_t>(oldest_first.size()));
    if (oldest_first.size() < 2)
      return;
    const auto& first = *oldest_first.front();
    const auto& last = *oldest_first.back();
    auto reward = reward_trend(zero_if_unknown(first.getAvgReward()), zero_if_unknown(last.getAvgReward()));
    out.setTrend(reward);
    out.setRewardTrend(reward);
    out.setDurationTrend(duration_trend(zero_if_unknown(first.getTotalDurationSeconds()),
                                        zero_if_unknown(last.getTotalDurationSeconds())));
    if (oldest_first.size() < analysis::min_trend_values)
      return;
    auto rewards = known_values(oldest_first, &wire::BaselineSummary::Reader::getAvgReward);
    if (auto found = analysis::judge_trend(rewards, analysis::direction::higher)) {
      out.setTrend(wire_trend(found->judged));
      out.setRewardTrend(wire_trend(found->judged));
      out.setRewardSlope(found->line.slope);
      out.setRewardP(found->test.p);
    }
    auto durations = known_values(oldest_first, &wire::BaselineSummary::Reader::getTotalDurationSeconds);
    if (auto found = analysis::judge_trend(durations, analysis::direction::lower)) {
      out.setDurationTrend(wire_trend(found->judged));
      out.setDurationSlope(found->line.slope);
      out.setDurationP(found->test.p);
    }
  });
}

} // namespace hive
