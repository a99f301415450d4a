#include "analysis/agent_evidence.hpp"
#include "analysis/false_alarms.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

constexpr double threshold = 8;

TEST(agent_evidence, a_run_advances_the_streams_that_it_concerns) {
  agent_evidence agent;
  const std::vector<std::string_view> slices{"de", "python", "de"};
  auto updates = observe(agent, {"1", true, 2.5, std::nullopt, 900.0, std::nullopt, slices}, threshold);
  ASSERT_EQ(updates.size(), 5u) << "success, duration, tokens, and two slices";
  EXPECT_EQ(updates[0].key, (stream_key{measure::success, "1", ""}));
  EXPECT_EQ(updates[1].key, (stream_key{measure::duration, "1", ""}));
  EXPECT_EQ(updates[2].key, (stream_key{measure::tokens, "1", ""}));
  EXPECT_EQ(updates[3].key, (stream_key{measure::success, "", "de"}));
  EXPECT_EQ(agent.successes.size(), 3u);
  EXPECT_EQ(agent.successes[updates[3].key].runs, 1u) << "a slice that is given twice counts once";
  EXPECT_EQ(agent.numbers.size(), 2u);
  EXPECT_EQ(observe(agent, {"2", false}, threshold).size(), 1u);
}

TEST(agent_evidence, more_is_better_for_success_and_reward_alone) {
  agent_evidence agent;
  observe(agent, {"1", true, 1.0, 1.0, 1.0, 1.0}, threshold);
  for (const auto& [key, stream] : agent.numbers)
    EXPECT_EQ(stream.better, key.measured == measure::reward ? direction::higher : direction::lower);
}

TEST(agent_evidence, tells_what_turned) {
  agent_evidence agent;
  stream_key key{measure::success, "1", ""};
  std::vector<std::string> story;
  uint32_t run = 0;
  auto live = [&](uint32_t runs, uint32_t period) {
    for (uint32_t end = run + runs; run < end;) {
      auto update = observe(agent, {"1", ++run % period != 0}, threshold).front();
      if (update.turned(drift_evidence::suspected))
        story.push_back("suspected");
      if (update.turned(drift_evidence::confirmed))
        story.push_back("confirmed");
      if (update.recovered())
        story.push_back("recovered");
    }
  };
  live(1'200, 20);
  EXPECT_TRUE(story.empty());
  live(300, 3);
  EXPECT_EQ(story, (std::vector<std::string>{"suspected", "confirmed"}));
  EXPECT_EQ(explain(agent, key, threshold)->says, drift_evidence::confirmed);
  live(2'000, 20);
  EXPECT_EQ(story.back(), "recovered");
  EXPECT_EQ(story.size(), 3u);
}

TEST(agent_evidence, each_slice_raises_the_threshold) {
  agent_evidence agent;
  for (std::string_view slice : {"a", "b", "c"}) {
    const std::vector<std::string_view> slices{slice};
    observe(agent, {"1", true, {}, {}, {}, {}, slices}, threshold);
  }
  EXPECT_EQ(explain(agent, {measure::success, "1", ""}, threshold)->threshold, threshold);
  EXPECT_NEAR(explain(agent, {measure::success, "", "b"}, threshold)->threshold, threshold + std::log(3), 1e-12);
}

TEST(agent_evidence, a_slice_that_fails_is_not_averaged_away) {
  agent_evidence agent;
  const std::vector<std::string_view> good{"good"}, bad{"bad"};
  auto live = [&](uint32_t runs, uint32_t period_of_bad) {
    for (uint32_t run = 1; run <= runs; ++run)
      observe(
        agent,
        {"1", run % 5 == 0 ? run / 5 % period_of_bad != 0 : run % 20 != 1, {}, {}, {}, {}, run % 5 == 0 ? bad : good},
        threshold);
  };
  live(6'000, 20);
  live(500, 3);
  EXPECT_EQ(explain(agent, {measure::success, "", "bad"}, threshold)->says, drift_evidence::confirmed);
  EXPECT_EQ(explain(agent, {measure::success, "", "good"}, threshold)->says, drift_evidence::chance);
  EXPECT_NE(explain(agent, {measure::success, "1", ""}, threshold)->says, drift_evidence::confirmed);
}

TEST(agent_evidence, bounds_hold_and_are_told) {
  agent_evidence agent;
  const evidence_limits few{2, 3, 1};
  const std::vector<std::string_view> slices{"x", "y"};
  for (std::string_view action : {"1", "2", "3"})
    observe(agent, {action, true, 1.0, 1.0, {}, {}, slices}, threshold, few);
  EXPECT_EQ(agent.successes.size(), 3u) << "two actions and a slice";
  EXPECT_EQ(agent.numbers.size(), 3u);
  // Slice y three times, action 3 once, one number of action 2 and two of action 3.
  EXPECT_EQ(agent.left_out, 7u);
  EXPECT_EQ(observe(agent, {"3", true, 1.0}, threshold, few).size(), 0u);
}

TEST(agent_evidence, one_stream_or_all_are_accepted) {
  agent_evidence agent;
  auto live = [&](uint32_t runs, uint32_t period, double slower) {
    for (uint32_t run = 1; run <= runs; ++run)
      for (std::string_view action : {"1", "2", "3"})
        observe(agent, {action, action == "3" || run % period != 0, slower * (1.0 + run % 17)}, threshold);
  };
  live(300, 10, 1);
  live(150, 2, 3);
  stream_key first{measure::success, "1", ""}, second{measure::success, "2", ""}, healthy{measure::success, "3", ""};
  ASSERT_EQ(explain(agent, first, threshold)->says, drift_evidence::confirmed);
  EXPECT_TRUE(accept(agent, first, threshold));
  EXPECT_EQ(explain(agent, first, threshold)->says, drift_evidence::learning);
  EXPECT_EQ(explain(agent, second, threshold)->says, drift_evidence::confirmed);
  EXPECT_FALSE(accept(agent, healthy, threshold));
  EXPECT_EQ(accept_all(agent, threshold).size(), 4u) << "one success and three durations";
  EXPECT_EQ(explain(agent, healthy, threshold)->says, drift_evidence::chance);
  for (const auto& each : explain_all(agent, threshold))
    EXPECT_EQ(each.report.says == drift_evidence::learning, each.key != healthy);
  EXPECT_EQ(explain_all(agent, threshold).size(), 6u);
  EXPECT_FALSE(accept(agent, {measure::cost, "1", ""}, threshold));
  EXPECT_FALSE(explain(agent, {measure::cost, "1", ""}, threshold));
}

TEST(agent_evidence, a_regression_that_cannot_be_judged_yet_is_suspected) {
  EXPECT_EQ(evidence_of_regression(drift_evidence::learning), drift_evidence::suspected);
  EXPECT_EQ(evidence_of_regression(drift_evidence::chance), drift_evidence::chance);
  EXPECT_EQ(evidence_of_regression(drift_evidence::suspected), drift_evidence::suspected);
  EXPECT_EQ(evidence_of_regression(drift_evidence::confirmed), drift_evidence::confirmed);
}

} // namespace
} // namespace hive::analysis
