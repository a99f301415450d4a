#include "actors/baseline/span_window.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace hive {
namespace {

struct test_span {
  std::string status = "success";
  double reward = 1;
  double duration = 1;
  double start = std::numeric_limits<double>::quiet_NaN();
  std::string id = {};
  std::string session = {};
};

msg<wire::AddSpans> spans(const std::vector<test_span>& list) {
  return msg<wire::AddSpans>::build([&](wire::AddSpans::Builder out) {
    auto to = out.initSpans(static_cast<uint32_t>(list.size()));
    for (uint32_t i = 0; i < to.size(); ++i) {
      to[i].setStatus(list[i].status);
      to[i].setDuration(list[i].duration);
      to[i].setStartTime(list[i].start);
      to[i].setSpanId(list[i].id);
      to[i].setSession(list[i].session);
      auto event = to[i].initEvents(1)[0];
      event.setType("reward");
      event.initData().setReward(list[i].reward);
    }
  });
}

class span_window_test : public testing::Test {
protected:
  span_window::change add(const std::vector<test_span>& list) {
    return window.add(spans(list)->getSpans(), next);
  }

  wire::LightningMetrics::Reader metrics(std::string_view session = {}) {
    kept = window.metrics(session);
    EXPECT_TRUE(kept);
    return **kept;
  }

  span_window window;
  uint64_t next = 1;
  std::optional<msg<wire::LightningMetrics>> kept;
};

TEST_F(span_window_test, without_spans_there_are_no_figures) {
  EXPECT_FALSE(window.metrics({}));
  add({{.session = "a"}});
  EXPECT_FALSE(window.metrics("b"));
}

TEST_F(span_window_test, successful_spans_hide_the_others_except_in_the_observed_error_rate) {
  add({{.reward = 0.5}, {.status = "error", .reward = -9}, {.status = "in_progress"}, {.reward = 1.5}});
  EXPECT_EQ(metrics().getExecutionCount(), 2u);
  EXPECT_EQ(metrics().getAvgReward(), 1);
  EXPECT_EQ(metrics().getErrorRate(), 0);
  EXPECT_EQ(metrics().getObservedErrorRate(), 0.25);
}

TEST_F(span_window_test, without_successful_spans_all_count) {
  add({{.status = "error"}, {.status = "error"}, {.status = "in_progress"}});
  EXPECT_EQ(metrics().getExecutionCount(), 3u);
  EXPECT_EQ(metrics().getErrorRate(), 0.667);
}

TEST_F(span_window_test, durations_of_zero_and_absent_ones_are_not_averaged) {
  add({{.duration = 0}, {.duration = std::nan("")}, {.duration = 2}, {.duration = 4}});
  EXPECT_EQ(metrics().getAvgDurationMs(), 3000);
}

TEST_F(span_window_test, keeps_the_newest_hundred_of_each_outcome_and_says_which_go) {
  std::vector<test_span> many;
  for (int i = 0; i < 250; ++i)
    many.push_back({.status = i % 5 == 0 ? "error" : "success", .reward = static_cast<double>(i)});
  auto change = add(many);
  EXPECT_EQ(change.put.size(), 150u); // 100 of 200 successful ones, 50 errors
  EXPECT_EQ(change.erase.size(), 100u);
  auto second = add({{.reward = 1000}});
  ASSERT_EQ(second.erase.size(), 1u);
  EXPECT_EQ(second.put[0]->getSequence(), 251u);
  EXPECT_EQ(metrics().getExecutionCount(), 100u);
}

TEST_F(span_window_test, a_span_that_is_written_again_replaces_itself) {
  add({{.status = "in_progress", .reward = 0, .id = "a"}, {.reward = 3, .id = "b"}});
  auto again = add({{.reward = 1, .id = "a"}});
  EXPECT_EQ(next, 3u);
  ASSERT_EQ(again.put.size(), 1u);
  EXPECT_EQ(again.put[0]->getSequence(), 1u);
  EXPECT_EQ(metrics().getExecutionCount(), 2u);
  EXPECT_EQ(metrics().getAvgReward(), 2);
}

TEST_F(span_window_test, spans_are_ordered_by_their_start_when_all_have_one) {
  std::vector<test_span> falling;
  for (int i = 0; i < 10; ++i) // the newest first, as HART OS's store lists them
    falling.push_back({.reward = i < 5 ? 1.0 : 2.0, .start = 100.0 - i});
  add(falling);
  EXPECT_EQ(metrics().getRewardTrend(), wire::Trend::DECLINING);
}

TEST_F(span_window_test, without_starts_the_order_of_receipt_counts) {
  std::vector<test_span> rising;
  for (int i = 0; i < 10; ++i)
    rising.push_back({.reward = i < 5 ? 1.0 : 2.0});
  add(rising);
  EXPECT_EQ(metrics().getRewardTrend(), wire::Trend::IMPROVING);
}

TEST_F(span_window_test, a_session_selects_its_spans) {
  add({{.reward = 1, .session = "a"}, {.reward = 5, .session = "b"}, {.reward = 3, .session = "a"}});
  EXPECT_EQ(metrics("a").getAvgReward(), 2);
  EXPECT_EQ(metrics("b").getExecutionCount(), 1u);
  EXPECT_EQ(metrics().getAvgReward(), 3);
}

TEST_F(span_window_test, what_was_stored_is_restored) {
  auto change = add({{.reward = 1, .id = "a"}, {.status = "error", .reward = 2}, {.reward = 4, .session = "s"}});
  auto before = metrics();
  span_window restored;
  for (const auto& span : change.put)
    restored.restore(*span);
  EXPECT_EQ(restored.metrics({})->bytes(), kept->bytes());
  EXPECT_EQ(before.getExecutionCount(), 2u);
  restored.add(spans({{.reward = 3, .id = "a"}})->getSpans(), next);
  EXPECT_EQ((*restored.metrics({}))->getAvgReward(), 3.5);
}

TEST(reward_trend, is_hart_os_rule_for_positive_rewards_and_sound_for_negative_ones) {
  using enum wire::Trend;
  EXPECT_EQ(reward_trend(1, 1.1), STABLE);
  EXPECT_EQ(reward_trend(1, 1.2), IMPROVING);
  EXPECT_EQ(reward_trend(1, 0.89), DECLINING);
  EXPECT_EQ(reward_trend(0, 0.0001), IMPROVING);
  EXPECT_EQ(reward_trend(0, -0.0001), DECLINING);
  EXPECT_EQ(reward_trend(-0.5, -0.54), STABLE); // HART OS: improving
  EXPECT_EQ(reward_trend(-0.5, -0.6), DECLINING);
  EXPECT_EQ(reward_trend(-0.5, -0.4), IMPROVING);
  EXPECT_EQ(reward_trend(-0.001, 0.001), STABLE);
}

} // namespace
} // namespace hive
