#include "actors/tracker/research_rules.hpp"

#include "actors/defaults.hpp"
#include "messages/text.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::research {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using wire::IterationOutcome;

constexpr int64_t now = 1'700'000'000'000'000;

msg<wire::StartResearch> wanted(wire::Direction direction = wire::Direction::HIGHER) {
  return msg<wire::StartResearch>::build([&](wire::StartResearch::Builder out) {
    out.setTopic("faster parsing");
    out.setMetric("parse_ms");
    out.setDirection(direction);
    out.setInitialValue(10);
    out.setUserId("u1");
    out.setModelName("m1");
  });
}

msg<wire::ResearchSession> begun(wire::Direction direction = wire::Direction::HIGHER) {
  return *begin(*wanted(direction), "s1", now);
}

msg<wire::ResearchIteration> iteration(IterationOutcome outcome, double duration_s = 1, const std::string& key = {},
                                       const std::string& tool = {}) {
  return msg<wire::ResearchIteration>::build([&](wire::ResearchIteration::Builder out) {
    out.setId("s1");
    out.setOutcome(outcome);
    out.setDurationS(duration_s);
    out.setIdempotencyKey(key);
    out.setToolName(tool);
    out.setHypothesis("try " + key);
  });
}

msg<wire::ResearchImprovement> improvement(double value, const std::string& key = {}) {
  return msg<wire::ResearchImprovement>::build([&](wire::ResearchImprovement::Builder out) {
    out.setId("s1");
    out.setValue(value);
    out.setIdempotencyKey(key);
  });
}

TEST(research_rules, counts_failed_and_timed_out_iterations_too) {
  auto session = begun();
  for (auto outcome :
       {IterationOutcome::SUCCESS, IterationOutcome::FAILURE, IterationOutcome::TIMEOUT, IterationOutcome::FAILURE})
    session = *add(session, *iteration(outcome, 2.5), now);
  EXPECT_EQ(session->getIterations(), 4u);
  EXPECT_EQ(session->getFailed(), 2u);
  EXPECT_EQ(session->getTimedOut(), 1u);
  EXPECT_DOUBLE_EQ(session->getTotalTimeS(), 10);
}

TEST(research_rules, an_iteration_is_a_task_record_with_a_key_of_its_own) {
  auto session = *add(begun(), *iteration(IterationOutcome::FAILURE, 3), now + 5);
  auto later = *add(*begin(*wanted(), "s1", now + 1'000), *iteration(IterationOutcome::FAILURE, 3), now + 5'000);
  auto record = newest_record(*session);
  auto task = record->getTasks()[0];
  EXPECT_EQ(as_view(task.getTaskType()), "autoresearch");
  EXPECT_EQ(as_view(task.getToolName()), "aider_native_backend");
  EXPECT_EQ(as_view(task.getModelName()), "m1");
  EXPECT_EQ(as_view(task.getUserId()), "u1");
  EXPECT_FALSE(task.getSuccess());
  EXPECT_EQ(task.getCompletionTimeS(), 3);
  EXPECT_EQ(task.getTimestamp(), now + 5);
  std::string key{as_view(task.getIdempotencyKey())};
  EXPECT_THAT(key, AllOf(StartsWith("s1@"), EndsWith(".1")));
  EXPECT_NE(as_view(newest_record(*later)->getTasks()[0].getIdempotencyKey()), key) << "of another session of that id";
  EXPECT_TRUE(owes_record(*session));
  EXPECT_FALSE(owes_record(*with_record(session)));
  session = *add(session, *iteration(IterationOutcome::SUCCESS, 3, {}, "ruff"), now);
  record = newest_record(*session);
  EXPECT_EQ(as_view(record->getTasks()[0].getToolName()), "ruff");
  EXPECT_TRUE(record->getTasks()[0].getSuccess());
  EXPECT_THAT(std::string{as_view(record->getTasks()[0].getIdempotencyKey())}, EndsWith(".2"));
}

TEST(research_rules, the_longest_id_leaves_room_for_the_key) {
  auto session = *begin(*wanted(), std::string(40, 'x'), now);
  session = *add(session, *iteration(IterationOutcome::SUCCESS), now);
  EXPECT_LE(newest_record(*session)->getTasks()[0].getIdempotencyKey().size() + 9, 64u) << "of ten digits";
}

TEST(research_rules, keeps_the_newest_twenty_word_for_word_and_counts_all) {
  auto session = begun();
  for (int i = 1; i <= 50; ++i)
    session = *add(session, *iteration(IterationOutcome::SUCCESS, 1, std::to_string(i)), now);
  auto kept = session->getRecentIterations();
  ASSERT_EQ(kept.size(), defaults::kept_research_steps);
  for (uint32_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].getNumber(), 31 + i);
    EXPECT_EQ(as_view(kept[i].getHypothesis()), "try " + std::to_string(31 + i));
  }
  EXPECT_EQ(session->getIterations(), 50u);
  EXPECT_LT(session.bytes().size(), 8'192u) << "what was replaced must not pile up";
}

TEST(research_rules, a_repeated_step_is_not_counted_again) {
  auto session = *add(begun(), *iteration(IterationOutcome::SUCCESS, 1, "a"), now);
  session = *add(session, *improvement(11, "b"), now);
  auto again = *add(session, *iteration(IterationOutcome::FAILURE, 9, "a"), now + 1);
  again = *add(again, *improvement(12, "b"), now + 1);
  EXPECT_EQ(again.bytes(), session.bytes());
  again = *add(again, *iteration(IterationOutcome::SUCCESS), now + 1);
  EXPECT_EQ((*add(again, *iteration(IterationOutcome::SUCCESS), now + 1))->getIterations(), 3u)
    << "steps without a key are all different";
}

TEST(research_rules, an_improvement_must_be_better_than_any_before) {
  for (auto direction : {wire::Direction::HIGHER, wire::Direction::LOWER}) {
    double step = direction == wire::Direction::HIGHER ? 1 : -1;
    auto session = *add(begun(direction), *iteration(IterationOutcome::SUCCESS), now);
    for (double wrong : {10.0, 10 - step}) {
      auto refused = add(session, *improvement(wrong), now);
      ASSERT_FALSE(refused);
      EXPECT_THAT(text_of(refused.error()), HasSubstr("no better"));
    }
    session = *add(session, *improvement(10 + step), now);
    EXPECT_EQ(session->getBestValue(), 10 + step);
    EXPECT_FALSE(add(session, *improvement(10 + step), now));
    session = *add(session, *improvement(std::nan("")), now);
    EXPECT_EQ(session->getBestValue(), 10 + step) << "an improvement need not be measured";
    EXPECT_EQ(session->getImprovements(), 2u);
    EXPECT_EQ(session->getRecentImprovements()[1].getIteration(), 1u);
  }
}

TEST(research_rules, refuses_what_cannot_be) {
  auto early = add(begun(), *improvement(20), now);
  ASSERT_FALSE(early);
  EXPECT_EQ(code_of(early.error()), ec::invalid);
  auto half = msg<wire::StartResearch>::build([](wire::StartResearch::Builder out) {
    out.setTopic("t");
    out.setPromptId("p");
  });
  EXPECT_FALSE(begin(*half, "s", now));
  auto no_tool = msg<wire::StartResearch>::build([](wire::StartResearch::Builder out) {
    out.setTopic("t");
    out.setToolName("");
  });
  EXPECT_FALSE(begin(*no_tool, "s", now));
}

TEST(research_rules, a_finished_session_takes_no_step_and_stays_as_it_is) {
  auto session = *add(begun(), *iteration(IterationOutcome::SUCCESS, 1, "a"), now);
  auto how = msg<wire::FinishResearch>::build([](wire::FinishResearch::Builder out) {
    out.setId("s1");
    out.setSummary("done");
  });
  session = finish(session, *how, now + 7);
  EXPECT_EQ(session->getFinishedAt(), now + 7);
  EXPECT_EQ(as_view(session->getSummary()), "done");
  EXPECT_EQ(finish(session, *how, now + 9).bytes(), session.bytes());
  EXPECT_EQ(code_of(add(session, *iteration(IterationOutcome::SUCCESS), now).error()), ec::invalid);
  EXPECT_EQ(code_of(add(session, *improvement(99), now).error()), ec::invalid);
  EXPECT_TRUE(add(session, *iteration(IterationOutcome::SUCCESS, 1, "a"), now))
    << "the answer to it may have been lost";
}

// -- sessions with an agent -----------------------------------------------------------

/// A session of agent p/0 after its first iteration.
msg<wire::ResearchSession> with_an_agent() {
  auto wanted = msg<wire::StartResearch>::build([](wire::StartResearch::Builder out) {
    out.setTopic("t");
    out.setPromptId("p");
    out.setFlowId("0");
  });
  auto session = with_start_baseline(*begin(*wanted, std::string(40, 's'), now), 3);
  return *add(session, *iteration(IterationOutcome::SUCCESS), now);
}

msg<wire::ResearchBaseline> judged(bool passed) {
  return judge(*msg<wire::AgentValidation>::build([&](wire::AgentValidation::Builder out) {
    out.setPassed(passed);
    out.setBaselineVersion(3);
    if (!passed)
      out.initRegressions(1)[0].setText("action_1_success_rate: 0.900 → 0.500");
  }));
}

TEST(research_rules, an_agent_is_compared_with_the_start_of_the_session) {
  auto session = with_an_agent();
  EXPECT_EQ(validation(*session)->getAgainst(), 3u);
  auto capture = start_capture(*session);
  EXPECT_EQ(as_view(capture->getTrigger()), "autoresearch_baseline");
  EXPECT_EQ(as_view(capture->getUserId()), "system") << "nobody in particular";
  EXPECT_LE(capture->getIdempotencyKey().size(), 64u);
}

TEST(research_rules, what_passed_counts_and_owes_a_capture_until_that_is_answered) {
  auto session = *add(with_an_agent(), *improvement(20), now, judged(true));
  EXPECT_EQ(session->getImprovements(), 1u);
  EXPECT_EQ(session->getReverted(), 0u);
  EXPECT_EQ(session->getBestValue(), 20);
  ASSERT_TRUE(owes_capture(*session));
  auto capture = improvement_capture(*session);
  EXPECT_EQ(as_view(capture->getTrigger()), "autoresearch_improvement");
  EXPECT_LE(capture->getIdempotencyKey().size(), 64u);
  EXPECT_FALSE(owes_capture(*with_improvement_baseline(session, 4, "")));
  auto failed = with_improvement_baseline(session, 0, "the disk is full");
  EXPECT_FALSE(owes_capture(*failed)) << "a later capture would be of another state";
  EXPECT_EQ(as_view(answer_to(*improvement(20), failed)->getBaseline().getReason()), "not captured: the disk is full");
  EXPECT_TRUE(answer_to(*improvement(20), failed)->getBaseline().getPassed());
}

TEST(research_rules, what_did_not_pass_is_kept_and_does_not_count) {
  for (const auto& baseline : {judged(false), judge(fail(ec::timed_out, "no answer"))}) {
    auto session = *add(with_an_agent(), *improvement(20), now, baseline);
    EXPECT_EQ(session->getImprovements(), 0u);
    EXPECT_EQ(session->getReverted(), 1u);
    EXPECT_TRUE(std::isnan(session->getBestValue()));
    EXPECT_FALSE(owes_capture(*session));
    EXPECT_FALSE(answer_to(*improvement(20), session)->getBaseline().getPassed());
    EXPECT_EQ(session->getRecentImprovements().size(), 1u);
    EXPECT_TRUE(add(session, *improvement(15), now, judged(true))) << "it need not beat what was reverted";
  }
  EXPECT_THAT(as_view(judge(fail(ec::timed_out, "no answer"))->getReason()), HasSubstr("no answer"));
}

TEST(research_rules, captures_of_improvements_have_keys_of_their_own) {
  auto first = *add(with_an_agent(), *improvement(20), now, judged(true));
  auto second = *add(with_improvement_baseline(first, 4, ""), *improvement(30), now, judged(true));
  EXPECT_NE(as_view(improvement_capture(*first)->getIdempotencyKey()),
            as_view(improvement_capture(*second)->getIdempotencyKey()));
}

TEST(research_rules, the_answer_without_an_agent_says_nothing_about_baselines) {
  auto session = *add(*add(begun(), *iteration(IterationOutcome::SUCCESS), now), *improvement(20), now);
  EXPECT_FALSE(answer_to(*improvement(20), session)->hasBaseline());
}

TEST(research_rules, counts_travel_without_words) {
  auto session = *add(begun(), *iteration(IterationOutcome::TIMEOUT, 4, "secret"), now);
  auto delta = with_counts(msg<wire::LearningDelta>{}, *session);
  ASSERT_EQ(delta->getAutoresearch().size(), 1u);
  auto counts = delta->getAutoresearch()[0];
  EXPECT_EQ(as_view(counts.getSession()), "s1");
  EXPECT_EQ(counts.getIterations(), 1u);
  EXPECT_EQ(counts.getTimedOut(), 1u);
  EXPECT_EQ(counts.getTotalTimeS(), 4);
  for (auto word : {"secret", "faster parsing", "u1"})
    EXPECT_EQ(delta.bytes().find(word), std::string_view::npos) << word;
}

} // namespace
} // namespace hive::research
