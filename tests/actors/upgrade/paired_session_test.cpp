#include "actors/upgrade/paired_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using enum wire::RunSide;

msg<wire::MeasuredRound> round_of(const next_round& what, const std::string& left_out = {},
                                  const std::string& error = {}) {
  return msg<wire::MeasuredRound>::build([&](wire::MeasuredRound::Builder out) {
    out.setAdapter(what.adapter);
    out.setNumber(what.number);
    auto runs = out.initRuns(static_cast<uint32_t>(what.order.size()));
    for (uint32_t i = 0; i < runs.size(); ++i) {
      runs[i].setSide(what.order[i]);
      runs[i].setVersion("v");
      runs[i].setDurationS(2);
    }
    if (!error.empty())
      runs[0].setError(error);
    if (!left_out.empty())
      out.setLeftOut(left_out);
  });
}

struct judged {
  std::string adapter;
  wire::Verdict decision;
  uint32_t needed = 0;
  bool advisory = false;
};

void judge(paired_session& session, const std::vector<judged>& metrics) {
  auto check = msg<wire::UpgradeCheck>::build([&](wire::UpgradeCheck::Builder out) {
    auto list = out.initJudgements(static_cast<uint32_t>(metrics.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setAdapter(metrics[i].adapter);
      list[i].setMetric("m");
      list[i].setDecision(metrics[i].decision);
      list[i].setPairsNeeded(metrics[i].needed);
      list[i].setAdvisory(metrics[i].advisory);
    }
  });
  session.judge(check->getJudgements());
}

class paired_session_test : public testing::Test {
protected:
  /// Takes the next round, and returns its adapter; empty at the end.
  std::string take(const std::string& left_out = {}, const std::string& error = {}) {
    auto next = session.next();
    if (!next)
      return {};
    session.add(*round_of(*next, left_out, error));
    return next->adapter;
  }

  paired_session session{{OLD, NEW}, {"a", "b"}, 8, analysis::look_plan::short_form};
};

TEST_F(paired_session_test, the_adapters_take_turns_until_they_have_all_their_pairs) {
  std::map<std::string, int> taken;
  std::string order;
  for (std::string name; !(name = take()).empty();) {
    ++taken[name];
    order += name;
  }
  EXPECT_EQ(order, "abababababababab");
  EXPECT_TRUE(session.is_spent());
  EXPECT_FALSE(session.failure());
}

TEST_F(paired_session_test, the_order_of_the_sides_alternates) {
  EXPECT_THAT(session.next()->order, ElementsAre(OLD, NEW));
  take();
  take();
  EXPECT_THAT(session.next()->order, ElementsAre(NEW, OLD));
  EXPECT_EQ(session.next()->number, 2U);
}

TEST(paired_session, each_of_three_sides_is_as_often_in_each_place) {
  paired_session session{{OLD, NEW, REFERENCE}, {"a"}, 60, analysis::look_plan::short_form};
  std::map<std::pair<wire::RunSide, size_t>, int> seen;
  for (int i = 0; i < 60; ++i) {
    auto next = *session.next();
    for (size_t place = 0; place < 3; ++place)
      ++seen[{next.order[place], place}];
    session.add(*round_of(next));
  }
  for (const auto& [where, times] : seen)
    EXPECT_EQ(times, 20);
  EXPECT_EQ(seen.size(), 9U);
}

TEST_F(paired_session_test, an_adapter_ends_when_more_pairs_would_decide_nothing) {
  take();
  take();
  judge(session, {{"a", wire::Verdict::SAFE}, {"b", wire::Verdict::INCONCLUSIVE, 12}});
  EXPECT_EQ(take(), "b");
  EXPECT_EQ(take(), "b");
  judge(session, {{"a", wire::Verdict::SAFE}, {"b", wire::Verdict::INCONCLUSIVE, 0}});
  EXPECT_EQ(take(), "") << "no number of pairs would do";
  EXPECT_FALSE(session.is_spent());
}

TEST_F(paired_session_test, an_advisory_metric_keeps_nobody_measuring) {
  take();
  take();
  judge(session, {{"a", wire::Verdict::INCONCLUSIVE, 60, true}, {"b", wire::Verdict::SAFE}});
  EXPECT_EQ(take(), "");
}

TEST_F(paired_session_test, rounds_that_were_disturbed_do_not_count_up_to_a_bound) {
  int taken = 0;
  while (!take("the load changed").empty())
    ++taken;
  EXPECT_EQ(taken, 2 * 16);
  EXPECT_TRUE(session.is_spent());
}

TEST_F(paired_session_test, a_failed_run_ends_its_adapter) {
  EXPECT_EQ(take({}, "exit status 3"), "a");
  EXPECT_EQ(take(), "b");
  EXPECT_EQ(take(), "b");
  ASSERT_TRUE(session.failure());
  EXPECT_THAT(*session.failure(), HasSubstr("adapter a: it failed in pair 1, on version v: exit status 3"));
}

TEST_F(paired_session_test, looks_only_where_the_plan_does) {
  std::vector<uint32_t> looks;
  for (uint32_t i = 1; i <= 8; ++i) {
    take();
    if (session.is_time_to_judge("a"))
      looks.push_back(i);
    take();
  }
  EXPECT_THAT(looks, ElementsAre(8U));
}

TEST_F(paired_session_test, estimates_the_rest_from_the_pace_and_the_pairs_needed) {
  EXPECT_FALSE(session.seconds_left());
  take();
  take();
  EXPECT_DOUBLE_EQ(*session.seconds_left(), 7 * 4 * 2) << "seven more rounds of both, 4 s each";
  judge(session, {{"a", wire::Verdict::SAFE}, {"b", wire::Verdict::INCONCLUSIVE, 5}});
  EXPECT_DOUBLE_EQ(*session.seconds_left(), 4 * 4);
}

/// Whatever is passed in again after a restart, it goes on where it was.
TEST(paired_session, goes_on_after_a_restart_as_without_one) {
  auto seed = std::random_device{}();
  std::mt19937 random{seed};
  for (int run = 0; run < 200; ++run) {
    auto make = [] {
      return paired_session{{OLD, NEW, REFERENCE}, {"a", "b", "c"}, 20, analysis::look_plan::short_form};
    };
    auto straight = make();
    std::vector<msg<wire::MeasuredRound>> stored;
    while (auto next = straight.next()) {
      auto restarted = make();
      for (const auto& each : stored)
        restarted.add(*each);
      auto again = restarted.next();
      ASSERT_TRUE(again) << seed;
      ASSERT_EQ(again->adapter, next->adapter) << seed;
      ASSERT_EQ(again->number, next->number) << seed;
      ASSERT_EQ(again->order, next->order) << seed;
      stored.push_back(round_of(*next, random() % 4 == 0 ? "disturbed" : "", random() % 200 == 0 ? "failed" : ""));
      straight.add(*stored.back());
    }
  }
}

TEST(paired_session_of_pairs, goes_on_when_all_is_decided_and_ends_with_its_pairs) {
  paired_session session{{OLD, NEW}, {"a"}, 10, analysis::look_plan::short_form, session_goal::pairs};
  uint32_t rounds = 0;
  for (; auto next = session.next(); ++rounds) {
    session.add(*round_of(*next, rounds == 3 ? "steal" : ""));
    judge(session, {{"a", wire::Verdict::SAFE}});
    EXPECT_EQ(session.is_spent(), rounds < 10) << rounds;
  }
  EXPECT_EQ(rounds, 11u) << "the one that was disturbed is taken again";
  EXPECT_THAT(session.progress_text(), HasSubstr("which takes 10"));
}

} // namespace
} // namespace hive
