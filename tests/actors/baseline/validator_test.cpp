#include "actors/baseline/validator.hpp"

#include "actors/baseline/directory.hpp"
#include "actors/store/committer.hpp"
#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/snapshot.capnp.h"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

/// A validator with the directory over a real store.
class validator_test : public testing::Test {
protected:
  validator_test() {
    auto opened = database::open({.directory = temp.path()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
    committer = spawn_committer(tests.system(), {db});
    measure(0.9);
    directory = spawn_baselines(tests.system(), {db, committer, results, {}}, {});
    validator =
      spawn_validator(tests.system(), {db, directory, results, [this](const agent_counts& now) { counts = now; }}, {});
  }

  ~validator_test() override {
    for (const auto& actor : {caf::actor_cast<caf::actor>(validator), caf::actor_cast<caf::actor>(directory),
                              caf::actor_cast<caf::actor>(committer)}) {
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
      tests.client()->wait_for(actor);
    }
  }

  /// The node's tests have this pass rate from now on.
  void measure(double pass_rate) {
    results->set(msg<wire::LatestResults>::build([&](wire::LatestResults::Builder out) {
      auto point = out.initResults(1)[0];
      point.setName("regression.test_pass_rate");
      point.setValue(pass_rate);
    }));
  }

  template <class Answer, class Message>
  msg<Answer> ask(const Message& message) {
    auto answer = tests.ask<msg<Answer>>(directory, message);
    if (!answer)
      throw std::runtime_error(text_of(answer.error()));
    return *answer;
  }

  template <class T, class Fill>
  static msg<T> about(const std::string& prompt, Fill fill) {
    return msg<T>::build([&](typename T::Builder out) {
      out.setPromptId(prompt);
      out.setFlowId("0");
      fill(out);
    });
  }

  void put_rate(const std::string& prompt, double rate) {
    ask<wire::AgentInputStored>(about<wire::PutRecipe>(prompt, [&](wire::PutRecipe::Builder out) {
      out.setRecipe(R"({"actions":[{"action_id":1,"experience":{"success_rate":)" + std::to_string(rate) + "}}]}");
    }));
  }

  void capture(const std::string& prompt) {
    ask<wire::CaptureOutcome>(about<wire::CaptureBaseline>(
      prompt, [](wire::CaptureBaseline::Builder out) { out.setTrigger("prompt_change"); }));
  }

  msg<wire::Agent> agent(const std::string& prompt) {
    return ask<wire::Agent>(about<wire::AgentQuery>(prompt, [](wire::AgentQuery::Builder) {}));
  }

  visit_report visit(const std::string& shift = {}) {
    auto report = tests.ask<visit_report>(validator, visit_agents{shift});
    if (!report)
      throw std::runtime_error(text_of(report.error()));
    return *report;
  }

  temporary_directory temp;
  std::shared_ptr<results_board> results = std::make_shared<results_board>();
  std::shared_ptr<database> db;
  test_system tests;
  committer_actor committer;
  judging_baselines_actor directory;
  validator_actor validator;
  agent_counts counts; ///< written before a visit's answer is sent
};

TEST_F(validator_test, a_regression_is_captured_once_and_stays_one) {
  put_rate("a", 0.9);
  capture("a");
  put_rate("b", 0.9);
  capture("b");
  EXPECT_EQ(visit().judged, 0u);
  put_rate("a", 0.5);
  auto first = visit();
  EXPECT_EQ(first.judged, 1u);
  EXPECT_EQ(first.captured, 1u);
  EXPECT_EQ(counts.regressed, 1u);
  EXPECT_EQ(counts.known, 2u);
  for (int i = 0; i < 3; ++i) {
    put_rate("a", 0.5 - 0.01 * i); // its experience goes on merging
    EXPECT_EQ(visit().captured, 0u);
  }
  EXPECT_EQ(agent("a")->getLatest(), 2u);
  EXPECT_EQ(agent("a")->getReference().getVersion(), 1u);
  EXPECT_EQ(agent("a")->getState(), wire::AgentState::REGRESSED);
  EXPECT_EQ(agent("b")->getState(), wire::AgentState::HEALTHY);
  put_rate("a", 0.9);
  EXPECT_EQ(visit().captured, 0u);
  EXPECT_EQ(agent("a")->getState(), wire::AgentState::HEALTHY);
  EXPECT_EQ(counts.regressed, 0u);
  put_rate("a", 0.5);
  EXPECT_EQ(visit().captured, 1u); // another episode
}

TEST_F(validator_test, a_new_pass_rate_concerns_agents_that_did_not_change) {
  put_rate("a", 0.9);
  capture("a");
  visit();
  measure(0.5);
  EXPECT_EQ(visit().captured, 1u);
  EXPECT_EQ(agent("a")->getRegressions()[0].getMetric(), "regression_pass_rate");
}

TEST_F(validator_test, a_shift_of_the_world_model_captures_all_active_agents) {
  for (auto prompt : {"a", "b", "c"}) {
    put_rate(prompt, 0.9);
    capture(prompt);
  }
  EXPECT_EQ(visit("world model: flush rate 0.9 → 0.7").captured, 3u);
  auto made = baseline_store{*db}.baseline({"b", "0"}, 2);
  ASSERT_TRUE(made && *made);
  EXPECT_EQ((**made)->getTrigger(), "intelligence_change");
  EXPECT_EQ((**made)->getReason(), "world model: flush rate 0.9 → 0.7");
  EXPECT_EQ((**made)->getKind(), wire::BaselineKind::CAPTURE);
}

TEST_F(validator_test, old_agents_are_examined_only_when_marked_as_active) {
  for (auto prompt : {"old", "marked"}) {
    put_rate(prompt, 0.9);
    capture(prompt);
    put_rate(prompt, 0.5);
  }
  ask<wire::AgentInputStored>(
    about<wire::SetActive>("marked", [](wire::SetActive::Builder out) { out.setActive(true); }));
  write_set writes;
  baseline_store store{*db};
  for (auto prompt : {"old", "marked"}) {
    auto now = **store.agent({prompt, "0"});
    capnp::MallocMessageBuilder scratch;
    scratch.setRoot(*now);
    scratch.getRoot<wire::Agent>().setChangedAt(1);
    baseline_store::put_agent(writes, now, msg<wire::Agent>::adopt(scratch));
  }
  ASSERT_FALSE(db->write(writes));
  auto report = visit();
  EXPECT_EQ(report.examined, 1u);
  EXPECT_EQ(report.captured, 1u);
}

TEST_F(validator_test, a_record_that_cannot_be_read_costs_its_agent_alone) {
  put_rate("a", 0.9);
  capture("a");
  put_rate("b", 0.9);
  capture("b");
  put_rate("b", 0.1);
  write_set damage;
  damage.put(column::baselines, keys::agent("a", "0"), "damaged");
  ASSERT_FALSE(db->write(damage));
  auto report = visit();
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.captured, 1u);
}

TEST_F(validator_test, many_agents_are_examined_in_steps) {
  for (int i = 0; i < 600; ++i) {
    auto prompt = "p" + std::to_string(i);
    put_rate(prompt, 0.9);
    capture(prompt);
  }
  EXPECT_EQ(visit().examined, 600u);
  measure(0.1); // all regress at once
  auto report = visit();
  EXPECT_EQ(report.judged, 600u);
  EXPECT_EQ(report.captured, 600u);
}

} // namespace
} // namespace hive
