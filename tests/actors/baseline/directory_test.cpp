#include "actors/baseline/directory.hpp"

#include "actors/store/committer.hpp"
#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/json.hpp"
#include "messages/snapshot.capnp.h"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"
#include "tests/support/wait_until.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

msg<wire::CaptureBaseline> capture_of(const std::string& prompt, const std::string& trigger = "manual") {
  return msg<wire::CaptureBaseline>::build([&](wire::CaptureBaseline::Builder out) {
    out.setPromptId(prompt);
    out.setFlowId("0");
    out.setTrigger(trigger);
  });
}

/// The directory over a real store of a node with one result.
class directory_test : public testing::Test {
protected:
  directory_test() {
    auto opened = database::open({.directory = temp.path()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
    committer = spawn_committer(tests.system(), {db});
    results->set(msg<wire::LatestResults>::build([](wire::LatestResults::Builder out) {
      auto point = out.initResults(1)[0];
      point.setName("regression.test_pass_rate");
      point.setValue(0.9);
    }));
    start({});
  }

  ~directory_test() override {
    stop();
    caf::anon_send_exit(committer, caf::exit_reason::user_shutdown);
    tests.client()->wait_for(committer);
  }

  void start(baselines_options options, uint64_t max_known = 1'000'000) {
    directory = spawn_baselines(tests.system(), {db, committer, results, {}, max_known}, options);
  }

  void stop() {
    caf::anon_send_exit(directory, caf::exit_reason::user_shutdown);
    tests.client()->wait_for(directory);
  }

  template <class Answer, class Message>
  caf::expected<msg<Answer>> ask(const Message& message) {
    return tests.ask<msg<Answer>>(directory, message);
  }

  uint32_t capture(const std::string& prompt) {
    auto outcome = ask<wire::CaptureOutcome>(capture_of(prompt));
    EXPECT_TRUE(outcome) << text_of(outcome.error());
    return outcome ? (*outcome)->getBaseline().getVersion() : 0;
  }

  temporary_directory temp;
  std::shared_ptr<database> db;
  test_system tests;
  committer_actor committer;
  std::shared_ptr<results_board> results = std::make_shared<results_board>();
  baselines_actor directory;
};

TEST_F(directory_test, concurrent_captures_get_consecutive_numbers) {
  constexpr int captures = 500;
  std::vector<uint32_t> versions;
  for (int i = 0; i < captures; ++i)
    tests.client()->send(directory, capture_of("a"));
  for (int i = 0; i < captures; ++i)
    tests.client()->receive(
      [&](const msg<wire::CaptureOutcome>& outcome) { versions.push_back(outcome->getBaseline().getVersion()); },
      caf::after(answer_timeout) >> [] { throw std::runtime_error("no answer"); });
  std::ranges::sort(versions);
  for (uint32_t i = 0; i < captures; ++i)
    ASSERT_EQ(versions[i], i + 1);
  EXPECT_EQ(baseline_store{*db}.summaries({"a", "0"}, 0, 1'000)->size(), 500u);
}

TEST_F(directory_test, an_agent_is_told_as_it_is_stored_while_captures_wait_for_the_disk) {
  constexpr uint32_t captures = 500;
  for (uint32_t i = 0; i < captures; ++i)
    tests.client()->send(directory, capture_of("a"));
  auto agent_query = *from_json<wire::AgentQuery>(R"({"prompt_id":"a","flow_id":"0"})");
  auto newest_query = *from_json<wire::BaselineQuery>(R"({"prompt_id":"a","flow_id":"0"})");
  uint32_t told = 0;
  while (told < captures) {
    auto agent = ask<wire::Agent>(agent_query);
    auto newest = ask<wire::Baseline>(newest_query);
    auto stored = baseline_store{*db}.summaries({"a", "0"}, 0, 1'000)->size();
    if (!agent || !newest)
      continue; // not stored yet
    ASSERT_GE((*newest)->getVersion(), (*agent)->getLatest());
    told = (*newest)->getVersion();
    ASSERT_GE(stored, told);
  }
}

TEST_F(directory_test, passivation_under_load_loses_and_repeats_nothing) {
  stop();
  start(
    {.kept = 2, .max_live = 64, .idle_time = std::chrono::milliseconds{1}, .idle_check = std::chrono::milliseconds{1}});
  constexpr uint32_t agents = 16;
  constexpr uint32_t rounds = 100;
  std::map<std::string, std::vector<uint32_t>> versions;
  for (uint32_t round = 0; round < rounds; ++round) {
    for (uint32_t i = 0; i < agents; ++i)
      tests.client()->send(directory, capture_of("p" + std::to_string((i * 7 + round) % agents)));
    for (uint32_t i = 0; i < agents; ++i)
      tests.client()->receive(
        [&](const msg<wire::CaptureOutcome>& outcome) {
          auto made = outcome->getBaseline();
          versions[made.getPromptId().cStr()].push_back(made.getVersion());
        },
        [](const caf::error& error) { throw std::runtime_error(text_of(error)); },
        caf::after(answer_timeout) >> [] { throw std::runtime_error("no answer"); });
  }
  ASSERT_EQ(versions.size(), agents);
  for (auto& [agent, made] : versions) {
    ASSERT_EQ(made.size(), rounds) << agent;
    for (uint32_t i = 0; i < rounds; ++i)
      ASSERT_EQ(made[i], i + 1) << agent;
  }
  EXPECT_EQ(*baseline_store{*db}.known(), agents);
}

TEST_F(directory_test, idle_agents_end_and_come_back_with_what_is_stored) {
  stop();
  start({.idle_time = std::chrono::milliseconds{10}, .idle_check = std::chrono::milliseconds{5}});
  auto without_agents = tests.system().registry().running();
  capture("a");
  EXPECT_TRUE(wait_until([&] { return tests.system().registry().running() == without_agents; }));
  EXPECT_EQ(capture("a"), 2u);
}

TEST_F(directory_test, a_record_that_cannot_be_read_costs_its_agent_alone) {
  capture("a");
  capture("b");
  stop();
  write_set damage;
  damage.put(column::baselines, keys::agent("a", "0"), "damaged");
  ASSERT_FALSE(db->write(damage));
  start({});
  auto refused = ask<wire::CaptureOutcome>(capture_of("a"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::corrupt);
  EXPECT_THAT(text_of(refused.error()), HasSubstr("agent/a"));
  EXPECT_EQ(capture("b"), 2u);
}

TEST_F(directory_test, questions_do_not_make_an_agent_known) {
  auto query = msg<wire::BaselineQuery>::build([](wire::BaselineQuery::Builder out) {
    out.setPromptId("x");
    out.setFlowId("0");
  });
  auto found = ask<wire::Baseline>(query);
  ASSERT_FALSE(found);
  EXPECT_EQ(code_of(found.error()), ec::not_found);
  auto list = ask<wire::AgentList>(msg<wire::AgentListQuery>{});
  ASSERT_TRUE(list);
  EXPECT_EQ((*list)->getKnown(), 0u);
  EXPECT_EQ((*list)->getAgents().size(), 0u);
}

TEST_F(directory_test, names_beyond_the_limit_are_refused_and_known_ones_are_not) {
  stop();
  start({}, 2);
  EXPECT_EQ(capture("a"), 1u);
  EXPECT_EQ(capture("b"), 1u);
  auto refused = ask<wire::CaptureOutcome>(capture_of("c"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::overloaded);
  EXPECT_EQ(capture("a"), 2u);
}

TEST_F(directory_test, lists_page_and_filter) {
  for (auto prompt : {"c", "a", "b"})
    capture(prompt);
  std::string seen;
  std::string after;
  do {
    auto page = ask<wire::AgentList>(msg<wire::AgentListQuery>::build([&](wire::AgentListQuery::Builder out) {
      out.setLimit(2);
      out.setAfter(after);
    }));
    ASSERT_TRUE(page) << text_of(page.error());
    for (auto agent : (*page)->getAgents())
      seen += agent.getPromptId().cStr();
    after = (*page)->getNext().cStr();
  } while (!after.empty());
  EXPECT_EQ(seen, "abc");
  auto regressed = ask<wire::AgentList>(msg<wire::AgentListQuery>::build(
    [](wire::AgentListQuery::Builder out) { out.initState(1).set(0, wire::AgentState::REGRESSED); }));
  EXPECT_EQ((*regressed)->getAgents().size(), 0u);
}

TEST_F(directory_test, a_capture_holds_the_nodes_results) {
  capture("a");
  auto made = baseline_store{*db}.baseline({"a", "0"}, 1);
  ASSERT_TRUE(made && *made);
  ASSERT_EQ((**made)->getBenchmarkMetrics().size(), 1u);
  EXPECT_EQ((**made)->getBenchmarkMetrics()[0].getFigures()[0].getValue(), 0.9);
}

} // namespace
} // namespace hive
