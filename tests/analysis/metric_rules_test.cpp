#include "analysis/metric_rules.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

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
  EXPECT_EQ(builtin_rules("regression", "test_fail_count", "count").kind, metric_kind::count);
  EXPECT_EQ(builtin_rules("regression", "test_pass_rate", "ratio").kind, metric_kind::ratio);
  EXPECT_EQ(builtin_rules("", "error_rate", "ratio").absolute_margin, .02) << "whoever measured it";
  EXPECT_TRUE(std::isnan(builtin_rules("", "error_rate", "%").absolute_margin));
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
  for (auto rules : {builtin_rules("mine", "test_fail_count", "count"), builtin_rules("", "loss_rate", "ratio"),
                     builtin_rules("mine", "hivemind_queries", "count"), builtin_rules("", "gpt_accuracy", "score"),
                     builtin_rules("model_registry", "gpt_latency_ms", "ms"),
                     builtin_rules("guardrail", "guardrail_integrity", "bool")}) {
    EXPECT_TRUE(rules.gate);
    EXPECT_TRUE(std::isnan(rules.absolute_margin));
  }
}

TEST(metric_rules, the_operator_stands_above_the_metric_and_the_metric_above_what_is_built_in) {
  std::vector<configured_rules> configured;
  metric_rules stated;
  auto rules = [&] { return effective_rules(stated, "regression", "test_fail_count", "count", configured); };
  EXPECT_EQ(rules().absolute_margin, 0);
  EXPECT_EQ(rules().kind, metric_kind::count);
  EXPECT_EQ(rules().margin, default_margin);
  stated.absolute_margin = 1;
  stated.margin = .2;
  stated.kind = metric_kind::ratio;
  EXPECT_EQ(rules().absolute_margin, 1);
  EXPECT_EQ(rules().margin, .2);
  EXPECT_EQ(rules().kind, metric_kind::ratio);
  configured = {{.pattern = "regression.*", .margin = .1, .kind = metric_kind::continuous, .gate = false}};
  EXPECT_EQ(rules().absolute_margin, 1) << "which the operator leaves open";
  EXPECT_EQ(rules().margin, .1);
  EXPECT_EQ(rules().kind, metric_kind::continuous);
  EXPECT_FALSE(rules().gate);
  EXPECT_FALSE(rules().advisory);
}

TEST(metric_rules, the_operator_can_have_a_metric_decide_that_says_it_does_not) {
  std::vector<configured_rules> configured{{.pattern = "world_model.hivemind_queries", .gate = true}};
  EXPECT_TRUE(effective_rules({.gate = false}, "world_model", "hivemind_queries", "count", configured).gate);
}

TEST(metric_rules, the_first_table_that_fits_counts_alone) {
  std::vector<configured_rules> configured{{.pattern = "a.slow*", .margin = .5}, {.pattern = "*", .resolution = 1}};
  auto rules = [&](const char* metric) { return effective_rules({}, "a", metric, "", configured); };
  EXPECT_EQ(rules("slowest").margin, .5);
  EXPECT_TRUE(std::isnan(rules("slowest").resolution));
  EXPECT_EQ(rules("fast").margin, default_margin);
  EXPECT_EQ(rules("fast").resolution, 1);
}

TEST(metric_rules, patterns_fit_the_whole_name) {
  EXPECT_TRUE(fits("hyper.*", "hyper", "total_ms"));
  EXPECT_TRUE(fits("hyper.total_ms", "hyper", "total_ms"));
  EXPECT_TRUE(fits("*", "", ""));
  EXPECT_TRUE(fits("*.p9*_ms", "probe", "p95_ms"));
  EXPECT_TRUE(fits("*ms*ms", "a", "ms_ms_ms"));
  EXPECT_TRUE(fits("latency", "", "latency")) << "a metric without an adapter";
  EXPECT_FALSE(fits("*.latency", "", "latency"));
  EXPECT_FALSE(fits("hyper.*", "hyperion", "total_ms"));
  EXPECT_FALSE(fits("hyper", "hyper", "total_ms"));
  EXPECT_TRUE(may_fit("hyper.total_ms", "hyper"));
  EXPECT_TRUE(may_fit("hyper.*", "hyper"));
  EXPECT_TRUE(may_fit("h*", "hyper"));
  EXPECT_TRUE(may_fit("*.p95_ms", "hyper"));
  EXPECT_FALSE(may_fit("hyper", "hyper"));
  EXPECT_FALSE(may_fit("hyper.*", "hyperion"));
  EXPECT_FALSE(may_fit("hyperion.*", "hyper"));
  EXPECT_FALSE(fits("a.b*c", "a", "bcd"));
  EXPECT_FALSE(fits("", "a", "b"));
}

TEST(metric_rules, times_need_the_same_processor_unless_somebody_says_otherwise) {
  environment_fields usual{environment_field::cpu_model, environment_field::cores};
  EXPECT_EQ(effective_rules({}, "a", "m", "ms", {}).same_environment, usual);
  EXPECT_TRUE(effective_rules({}, "a", "m", "ratio", {}).same_environment.empty());
  EXPECT_EQ(effective_rules({.same_environment = {environment_field::gpu}}, "a", "m", "ms", {}).same_environment,
            environment_fields{environment_field::gpu});
  std::vector<configured_rules> anywhere{{.pattern = "a.m", .same_environment = environment_fields{}}};
  EXPECT_TRUE(
    effective_rules({.same_environment = {environment_field::gpu}}, "a", "m", "ms", anywhere).same_environment.empty());
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
