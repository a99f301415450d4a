#include "analysis/metric_rules.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

TEST(metric_rules, builtin_metrics_state_what_they_are_judged_by) {
  EXPECT_EQ(builtin_rules("regression", "test_fail_count", "count").absolute_margin, 0);
  EXPECT_EQ(builtin_rules("regression", "test_pass_rate", "ratio").absolute_margin, .02);
  EXPECT_EQ(builtin_rules("world_model", "flush_rate", "ratio").absolute_margin, .02);
  EXPECT_EQ(builtin_rules("model_registry", "gpt_accuracy", "score").absolute_margin, .02);
  EXPECT_EQ(builtin_rules("", "test_fail_count", "count").absolute_margin, 0) << "flat snapshots name no adapter";
  EXPECT_FALSE(builtin_rules("world_model", "hivemind_queries", "count").gate);
  EXPECT_TRUE(builtin_rules("world_model", "flush_rate", "ratio").gate);
}

TEST(metric_rules, changes_of_agents_are_judged_by_floors) {
  auto rules = [](const char* adapter, const char* metric, const char* unit) {
    return builtin_rules(adapter, metric, unit);
  };
  EXPECT_EQ(rules("agent_baselines", "71_0_reward_delta", "score").floor, -.05);
  EXPECT_EQ(rules("agent_baselines", "71_0_success_rate_delta", "ratio").floor, -.05);
  EXPECT_EQ(rules("agent_baselines", "71_0_duration_improvement_pct", "%").floor, -10);
  EXPECT_TRUE(std::isnan(rules("mine", "71_0_reward_delta", "score").floor));
  EXPECT_TRUE(std::isnan(rules("agent_baselines", "agents_regressed", "count").floor));
  EXPECT_EQ(rules("agent_baselines", "agents_regressed", "count").absolute_margin, 0);
  EXPECT_FALSE(rules("agent_baselines", "agents_total", "count").gate);
}

TEST(metric_rules, nothing_is_assumed_of_others) {
  for (auto rules : {builtin_rules("mine", "test_fail_count", "count"), builtin_rules("", "error_rate", "ratio"),
                     builtin_rules("mine", "hivemind_queries", "count"), builtin_rules("", "gpt_accuracy", "score"),
                     builtin_rules("model_registry", "gpt_latency_ms", "ms"),
                     builtin_rules("guardrail", "guardrail_integrity", "bool")}) {
    EXPECT_TRUE(rules.gate);
    EXPECT_TRUE(std::isnan(rules.absolute_margin));
  }
}

TEST(metric_rules, times_memory_and_rates_depend_on_the_machine) {
  for (auto unit : {"ns", "µs", "us", "ms", "s", "min", "h", "MB", "MiB", "GB", "B", "tok/s", "req/s", "MB/s", "Hz",
                    "requests per second"})
    EXPECT_TRUE(depends_on_machine(unit)) << unit;
  for (auto unit : {"", "ratio", "bool", "score", "count", "%", "tokens", "errors"})
    EXPECT_FALSE(depends_on_machine(unit)) << unit;
}

} // namespace
} // namespace hive::analysis
