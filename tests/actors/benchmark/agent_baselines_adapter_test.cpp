#include "actors/benchmark/agent_baselines_adapter.hpp"

#include "messages/text.hpp"
#include "storage/baseline_store.hpp"
#include "tests/support/test_inputs.hpp"

#include <gmock/gmock.h>
#include <limits>
#include <map>

namespace hive {
namespace {

using testing::HasSubstr;

constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

msg<wire::BaselineSummary> agent_summary(double reward, double rate, double duration) {
  return msg<wire::BaselineSummary>::build([&](wire::BaselineSummary::Builder out) {
    out.setAvgReward(reward);
    out.setSuccessRate(rate);
    out.setTotalDurationSeconds(duration);
  });
}

TEST(agent_change, is_rounded_as_by_the_source_system) {
  auto change = change_between(*agent_summary(0.12345, 0.9, 30), *agent_summary(0.5, 0.87654, 20));
  EXPECT_EQ(change.reward_delta, 0.3765); // round(0.5 - 0.12345, 4) by Python
  EXPECT_EQ(change.success_rate_delta, -0.0235);
  EXPECT_EQ(change.duration_improvement_pct, 33.33);
}

TEST(agent_change, what_a_baseline_lacks_has_the_source_systems_defaults) {
  auto change = change_between(*agent_summary(not_measured, not_measured, not_measured), *agent_summary(0.5, 0.8, 20));
  EXPECT_EQ(change.reward_delta, 0.5);
  EXPECT_EQ(change.success_rate_delta, -0.2);
  EXPECT_EQ(change.duration_improvement_pct, 0) << "there is no duration to improve";
  EXPECT_EQ(change_between(*agent_summary(1, 1, 10), *agent_summary(not_measured, not_measured, not_measured))
              .duration_improvement_pct,
            100);
}

class agent_baselines_adapter_test : public testing::Test {
protected:
  /// Stores an agent with baselines of these success rates.
  void put(const std::string& prompt, const std::vector<double>& rates, bool regressed = false,
           bool confirmed = false) {
    stored_agent who{prompt, "0"};
    write_set writes;
    uint32_t version = 0;
    for (auto rate : rates)
      baseline_store::put_baseline(writes, who, msg<wire::Baseline>::build([&](wire::Baseline::Builder out) {
                                     out.setVersion(++version);
                                     auto action = out.initRecipeMetrics().initPerAction(1)[0];
                                     action.setId("1");
                                     action.setSuccessRate(rate);
                                   }));
    baseline_store::put_agent(writes, {}, msg<wire::Agent>::build([&](wire::Agent::Builder out) {
                                out.setPromptId(who.prompt);
                                out.setFlowId(who.flow);
                                out.setBaselines(version);
                                out.setConfirmed(confirmed);
                                if (!regressed)
                                  return;
                                out.setState(wire::AgentState::REGRESSED);
                                auto regression = out.initRegressions(1)[0];
                                regression.setMetric("action_1_success_rate");
                                regression.setOld(rates.front());
                                regression.setNew(rates.back());
                                regression.setText("its line");
                              }));
    ASSERT_FALSE(node.db->write(writes));
  }

  msg<wire::Measurement> measure() {
    auto out = node.measure(spawn_agent_baselines_adapter(node.tests.system(), node.db, options), 1);
    EXPECT_TRUE(out) << text_of(out.error());
    return out ? *out : msg<wire::Measurement>{};
  }

  std::map<std::string, double> values() {
    std::map<std::string, double> out;
    auto measured = measure();
    for (auto metric : measured->getMetrics())
      out.emplace(metric.getName().cStr(), metric.getValue());
    return out;
  }

  test_inputs node;
  agent_baselines_options options;
};

TEST_F(agent_baselines_adapter_test, skips_while_no_agent_has_two_baselines) {
  EXPECT_EQ(as_view(measure()->getSkipped()), "no agent has two baselines");
  put("a", {0.9});
  EXPECT_EQ(as_view(measure()->getSkipped()), "no agent has two baselines");
  EXPECT_EQ(options.unavailable_reason(*node.db), "no agent has two baselines");
  put("b", {0.9, 0.8});
  EXPECT_EQ(options.unavailable_reason(*node.db), "");
}

TEST_F(agent_baselines_adapter_test, measures_the_last_two_baselines_of_each_agent) {
  put("a", {0.1, 0.9, 0.8});
  put("b", {0.9});
  put("c", {0.5, 0.75}, true);
  std::map<std::string, double> expected{{"agents_total", 3},
                                         {"agents_regressed", 1},
                                         {"a_0_reward_delta", 0},
                                         {"a_0_success_rate_delta", -0.1},
                                         {"a_0_duration_improvement_pct", 0},
                                         {"c_0_reward_delta", 0},
                                         {"c_0_success_rate_delta", 0.25},
                                         {"c_0_duration_improvement_pct", 0}};
  EXPECT_EQ(values(), expected);
}

TEST_F(agent_baselines_adapter_test, states_the_configured_floors) {
  options.success_rate_delta_floor = -0.2;
  put("a", {0.9, 0.8});
  auto measured = measure();
  for (auto metric : measured->getMetrics()) {
    auto name = std::string{metric.getName().cStr()};
    if (name.starts_with("agents_"))
      EXPECT_TRUE(std::isnan(metric.getFloor())) << name;
    else
      EXPECT_EQ(metric.getFloor(), name.ends_with("pct") ? -10 : name.ends_with("rate_delta") ? -0.2 : -0.05) << name;
  }
}

TEST_F(agent_baselines_adapter_test, above_the_limit_only_the_totals_are_measured) {
  options.max_agents = 2;
  for (const char* prompt : {"a", "b"})
    put(prompt, {0.9, 0.8});
  EXPECT_EQ(values().size(), 8u);
  put("c", {0.9, 0.8});
  EXPECT_EQ(values(), (std::map<std::string, double>{{"agents_total", 3}, {"agents_regressed", 0}}));
  EXPECT_THAT(measure()->getNote().cStr(), HasSubstr("above 2 agents only the totals"));
}

TEST_F(agent_baselines_adapter_test, the_note_names_the_worst_twenty) {
  put("slightly", {0.9, 0.8}, true);
  put("badly", {0.9, 0.1}, true);
  put("surely", {0.9, 0.8}, true, true);
  EXPECT_EQ(
    as_view(measure()->getNote()),
    "3 of 3 agents regressed; worst first: surely/0 its line (confirmed), badly/0 its line, slightly/0 its line");
  for (int i = 0; i < 30; ++i)
    put("more" + std::to_string(i), {0.9, 0.85}, true);
  EXPECT_THAT(measure()->getNote().cStr(), HasSubstr("33 of 33 agents regressed"));
  EXPECT_THAT(measure()->getNote().cStr(), HasSubstr(", and 13 more"));
}

} // namespace
} // namespace hive
