#include "actors/baseline/comparison.hpp"

#include "actors/baseline/span_window.hpp"
#include "analysis/rounding.hpp"

#include <cmath>

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

} // namespace

msg<wire::BaselineComparison> compare(wire::Baseline::Reader before, wire::Baseline::Reader after) {
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
  });
}

} // namespace hive
