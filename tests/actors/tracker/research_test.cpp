#include "actors/tracker/research.hpp"

#include "messages/research.capnp.h"
#include "tests/support/test_publisher.hpp"
#include "tests/support/test_tracker.hpp"
#include "tests/support/wait_until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;
using wire::IterationOutcome;

msg<wire::ResearchIteration> iteration(const std::string& id, IterationOutcome outcome = IterationOutcome::SUCCESS,
                                       const std::string& key = {}) {
  return msg<wire::ResearchIteration>::build([&](wire::ResearchIteration::Builder out) {
    out.setId(id);
    out.setOutcome(outcome);
    out.setDurationS(2);
    out.setIdempotencyKey(key);
  });
}

/// The sessions of a node. Only its tracker's writes go through the gate; those of the sessions bypass it.
class test_research {
public:
  explicit test_research(tracker_options options = {}) : node{std::move(options)} {
    start();
  }

  ~test_research() {
    stop();
  }

  void start() {
    publisher = node.tests.system().spawn(test_publisher, deltas);
    actor = spawn_research(node.tests.system(), {node.db, node.committer, node.actor, publisher});
  }

  void stop() {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(publisher, caf::exit_reason::user_shutdown);
    node.tests.client()->wait_for(actor, publisher);
  }

  void restart() {
    stop();
    node.restart();
    start();
  }

  template <class Answer, class Message>
  caf::expected<msg<Answer>> ask(const Message& message) {
    return node.tests.ask<msg<Answer>>(actor, message);
  }

  caf::expected<msg<wire::ResearchSession>> begin(const std::string& id) {
    return ask<wire::ResearchSession>(msg<wire::StartResearch>::build([&](wire::StartResearch::Builder out) {
      out.setId(id);
      out.setTopic("topic");
    }));
  }

  caf::expected<msg<wire::ResearchReport>> finish(const std::string& id) {
    return ask<wire::ResearchReport>(
      msg<wire::FinishResearch>::build([&](wire::FinishResearch::Builder out) { out.setId(id); }));
  }

  msg<wire::ResearchContext> context(const std::string& id) {
    auto out = ask<wire::ResearchContext>(
      msg<wire::ResearchContextQuery>::build([&](wire::ResearchContextQuery::Builder query) { query.setId(id); }));
    EXPECT_TRUE(out) << text_of(out.error());
    return out ? *out : msg<wire::ResearchContext>{};
  }

  test_tracker node;
  std::shared_ptr<published_deltas> deltas = std::make_shared<published_deltas>();
  publisher_actor publisher;
  research_actor actor;
};

TEST(research, every_iteration_is_a_task_record_and_the_context_names_the_best_tool) {
  test_research node;
  ASSERT_TRUE(node.begin("s"));
  EXPECT_FALSE(node.context("s")->hasBestTool());
  for (auto outcome : {IterationOutcome::SUCCESS, IterationOutcome::FAILURE, IterationOutcome::TIMEOUT,
                       IterationOutcome::SUCCESS, IterationOutcome::SUCCESS}) {
    auto counted = node.ask<wire::ResearchSession>(iteration("s", outcome));
    ASSERT_TRUE(counted) << text_of(counted.error());
  }
  auto records = node.node.records();
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(std::ranges::count_if(records, [](const auto& task) { return task->getSuccess(); }), 3);
  ASSERT_TRUE(node.node.ask<wire::Recorded>(msg<wire::LearningDelta>::build([](wire::LearningDelta::Builder out) {
    out.setOrigin("peer");
    auto task = out.initCodingBenchmarks(1)[0];
    task.setTaskType("autoresearch");
    auto tool = task.initTools(1)[0];
    tool.setToolName("ruff");
    tool.setSuccessRate(1);
    tool.setAvgTimeS(1);
    tool.setSampleCount(9);
  })));
  auto context = node.context("s");
  EXPECT_EQ(as_view(context->getBestTool().getToolName()), "aider_native_backend");
  EXPECT_EQ(context->getBestTool().getSampleCount(), 5u);
  EXPECT_EQ(as_view(context->getHiveBestTool().getToolName()), "ruff");
  EXPECT_EQ(context->getSession().getIterations(), 5u);
}

TEST(research, a_running_session_goes_on_after_a_restart) {
  test_research node;
  ASSERT_TRUE(node.begin("s"));
  for (uint32_t round = 1; round <= 4; ++round) {
    auto counted = node.ask<wire::ResearchSession>(iteration("s"));
    ASSERT_TRUE(counted) << text_of(counted.error());
    EXPECT_EQ((*counted)->getIterations(), round);
    node.restart();
  }
  EXPECT_EQ(node.node.records().size(), 4u) << "what is sent again after a start is not counted again";
  ASSERT_TRUE(node.finish("s"));
  node.restart();
  EXPECT_EQ(code_of(node.ask<wire::ResearchSession>(iteration("s")).error()), ec::invalid);
}

TEST(research, a_restart_records_nothing_twice_however_much_was_recorded_since) {
  test_research node{tracker_options{.ledger = {.remembered_keys = 4}}};
  ASSERT_TRUE(node.begin("s"));
  ASSERT_TRUE(node.ask<wire::ResearchSession>(iteration("s")));
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(node.node.record({{.key = "key " + std::to_string(i)}})); // makes the tracker forget the iteration's
                                                                          // key
  node.restart();
  ASSERT_TRUE(node.ask<wire::ResearchSession>(iteration("s")));
  EXPECT_EQ(node.node.records().size(), 22u);
}

TEST(research, a_record_that_the_tracker_could_not_take_follows_later) {
  for (bool restarts : {false, true}) {
    test_research node;
    ASSERT_TRUE(node.begin("s"));
    node.node.gate->refuse_with = ec::overloaded;
    auto refused = node.ask<wire::ResearchSession>(iteration("s", IterationOutcome::SUCCESS, "k"));
    EXPECT_EQ(code_of(refused.error()), ec::overloaded);
    EXPECT_EQ(node.context("s")->getSession().getIterations(), 1u);
    EXPECT_EQ(code_of(node.ask<wire::ResearchSession>(iteration("s")).error()), ec::overloaded)
      << "no second step while a record is owed";
    node.node.gate->refuse_with = ec::none;
    if (restarts)
      node.restart();
    auto repeated = node.ask<wire::ResearchSession>(iteration("s", IterationOutcome::SUCCESS, "k"));
    ASSERT_TRUE(repeated) << text_of(repeated.error());
    EXPECT_EQ((*repeated)->getIterations(), 1u);
    EXPECT_EQ(node.node.records().size(), 1u);
  }
}

TEST(research, finishing_publishes_what_the_node_learned_with_the_counts) {
  test_research node;
  ASSERT_TRUE(node.begin("s"));
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(node.ask<wire::ResearchSession>(iteration("s")));
  auto report = node.finish("s");
  ASSERT_TRUE(report) << text_of(report.error());
  EXPECT_EQ((*report)->getSession().getState(), wire::ResearchState::FINISHED);
  EXPECT_EQ((*report)->getDelta().getAutoresearch()[0].getIterations(), 5u);
  EXPECT_EQ(node.deltas->count, 1);
  EXPECT_EQ(as_view(node.deltas->newest->getCodingBenchmarks()[0].getTaskType()), "autoresearch");
  EXPECT_EQ(node.deltas->newest->getAutoresearch()[0].getIterations(), 5u);
  node.restart();
  EXPECT_TRUE(node.finish("s")) << "finishing twice is no mistake";
}

TEST(research, names_a_session_that_is_not_there_or_there_already) {
  test_research node;
  auto unknown = node.ask<wire::ResearchSession>(iteration("nobody"));
  EXPECT_EQ(code_of(unknown.error()), ec::not_found);
  EXPECT_THAT(text_of(unknown.error()), HasSubstr("nobody"));
  EXPECT_EQ(code_of(node.finish("nobody").error()), ec::not_found);
  ASSERT_TRUE(node.begin("s"));
  EXPECT_EQ(code_of(node.begin("s").error()), ec::already_exists);
}

TEST(research, so_many_sessions_run_and_no_more) {
  test_research node;
  for (size_t i = 0; i < defaults::max_running_research; ++i)
    ASSERT_TRUE(node.begin("s" + std::to_string(i)));
  EXPECT_EQ(code_of(node.begin("one-more").error()), ec::overloaded);
  ASSERT_TRUE(node.finish("s7"));
  EXPECT_TRUE(wait_until([&] { return node.begin("one-more").engaged(); }));
  auto page = node.ask<wire::ResearchList>(
    msg<wire::ResearchListQuery>::build([](wire::ResearchListQuery::Builder out) { out.setLimit(200); }));
  ASSERT_TRUE(page);
  EXPECT_EQ((*page)->getSessions().size(), 200u);
  auto rest =
    node.ask<wire::ResearchList>(msg<wire::ResearchListQuery>::build([&](wire::ResearchListQuery::Builder out) {
      out.setLimit(200);
      out.setAfter((*page)->getNext());
    }));
  ASSERT_TRUE(rest);
  EXPECT_EQ((*rest)->getSessions().size(), defaults::max_running_research + 1 - 200);
  EXPECT_FALSE((*rest)->hasNext());
}

} // namespace
} // namespace hive
