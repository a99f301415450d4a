// Agent engines of real nodes: what they may do, and what happens to their actors when they die.

#include "messages/baseline.capnp.h"
#include "messages/door.capnp.h"
#include "messages/text.hpp"
#include "tests/apps/support/run_program.hpp"
#include "tests/cluster/engine_hive.hpp"
#include "tests/cluster/engine_process.hpp"
#include "tests/paths.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <future>
#include <thread>

namespace hive::cluster {
namespace {

using testing::HasSubstr;

class engines_test : public engine_hive {};

msg<wire::RecordTasks> tasks(const std::string& type, const std::string& tool, uint32_t count) {
  return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
    for (auto task : out.initTasks(count)) {
      task.setTaskType(type);
      task.setToolName(tool);
      task.setCompletionTimeS(1);
      task.setSuccess(true);
    }
  });
}

msg<wire::StartResearch> research(const std::string& id) {
  return msg<wire::StartResearch>::build([&](wire::StartResearch::Builder out) {
    out.setId(id);
    out.setTopic("faster");
  });
}

msg<wire::ResearchIteration> iteration(const std::string& id) {
  return msg<wire::ResearchIteration>::build([&](wire::ResearchIteration::Builder out) {
    out.setId(id);
    out.setOutcome(wire::IterationOutcome::SUCCESS);
    out.setDurationS(2);
  });
}

/// Number of engines' actors on `which`, according to `asked`.
uint32_t spawned_on(const hived_process& which, const hived_process& asked) {
  auto list = asked.get("/api/v1/hive/nodes").as<wire::NodeList>();
  for (auto node : list->getNodes())
    if (as_view(node.getId()) == which.node())
      return node.getSpawned();
  return 0;
}

/// Runs a program to its end.
test::program_result run(std::vector<std::string> command) {
  test::program what;
  what.command = std::move(command);
  return test::run_program(what);
}

wire::ResearchState state_of(const hived_process& node, const std::string& id) {
  return node.get("/api/v1/autoresearch/" + id).as<wire::ResearchSession>()->getState();
}

TEST_F(engines_test, tell_about_agents_and_ask_how_they_do) {
  near = start(options("near"));
  auto engine = connect(*near);
  auto about = [](auto out) {
    out.setPromptId("p");
    out.setFlowId("007");
  };
  auto recipe = engine.put_recipe(msg<wire::PutRecipe>::build([&](wire::PutRecipe::Builder out) {
    about(out);
    out.setRecipe(R"({"actions":[{"action_id":1,"experience":{"success_rate":0.9}}]})");
  }));
  ASSERT_TRUE(recipe) << text_of(recipe.error()) << near->log();
  auto captured = engine.capture(msg<wire::CaptureBaseline>::build([&](wire::CaptureBaseline::Builder out) {
    about(out);
    out.setTrigger("creation");
  }));
  ASSERT_TRUE(captured) << text_of(captured.error());
  EXPECT_EQ((*captured)->getBaseline().getVersion(), 1U);
  EXPECT_EQ(as_view((*captured)->getBaseline().getFlowId()), "7");
  auto runs = engine.add_runs(msg<wire::AddRuns>::build([&](wire::AddRuns::Builder out) {
    about(out);
    for (auto run : out.initRuns(3)) {
      run.setActionId("1");
      run.setOutcome(wire::RunOutcome::SUCCESS);
    }
  }));
  ASSERT_TRUE(runs) << text_of(runs.error());
  EXPECT_EQ((*runs)->getRecorded(), 3U);
  auto worse = engine.validate(msg<wire::ValidateAgent>::build([&](wire::ValidateAgent::Builder out) {
    about(out);
    out.setRecipe(R"({"actions":[{"action_id":1,"experience":{"success_rate":0.5}}]})");
  }));
  ASSERT_TRUE(worse) << text_of(worse.error());
  EXPECT_FALSE((*worse)->getPassed());
  auto explained = engine.explain(msg<wire::ExplainQuery>::build(about));
  ASSERT_TRUE(explained) << text_of(explained.error());
  EXPECT_EQ((*explained)->getMetrics().getRuns(), 3U);
  auto agent = engine.agent(msg<wire::AgentQuery>::build(about));
  ASSERT_TRUE(agent) << text_of(agent.error());
  EXPECT_EQ((*agent)->getReference().getVersion(), 1U);
  auto unknown = engine.baseline(msg<wire::BaselineQuery>::build([&](wire::BaselineQuery::Builder out) {
    about(out);
    out.setVersion(9);
  }));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(code_of(unknown.error()), ec::not_found);
}

TEST_F(engines_test, record_and_ask_and_are_no_members) {
  near = start(options("near"));
  auto engine = connect(*near);
  EXPECT_EQ(engine.node().value, near->node());
  auto recorded = engine.record(tasks("refactor", "aider", 5));
  ASSERT_TRUE(recorded) << text_of(recorded.error()) << near->log();
  EXPECT_EQ((*recorded)->getRecorded(), 5U);
  auto best = engine.best_tool("refactor");
  ASSERT_TRUE(best) << text_of(best.error());
  EXPECT_EQ(as_view((*best)->getToolName()), "aider");
  auto route =
    engine.route(msg<wire::RouteQuery>::build([](wire::RouteQuery::Builder out) { out.setTaskType("refactor"); }));
  ASSERT_TRUE(route) << text_of(route.error());
  EXPECT_EQ(as_view((*route)->getToolName()), "aider");
  EXPECT_EQ(code_of(engine.best_tool("nothing").error()), ec::no_data);
  auto nodes = engine.nodes();
  ASSERT_TRUE(nodes);
  EXPECT_EQ((*nodes)->getNodes().size(), 1U) << "an engine is no node";
  expect_logged(*near, {"Engine connected engine=engine7 remote=127.0.0.1:"});
}

TEST_F(engines_test, spawn_an_adapter_on_another_node_and_get_its_result) {
  start_both();
  auto engine = connect(*near);
  for (const auto& where : {spawn_place::on({far->node()}), spawn_place::with({"far"})}) {
    auto adapter = engine.spawn(echo_metric(42), where);
    ASSERT_TRUE(adapter) << text_of(adapter.error()) << near->log() << far->log();
    EXPECT_EQ(adapter->node.value, far->node());
    auto measured = ask<msg<wire::Measurement>>(engine, adapter->actor, msg<wire::MeasureRequest>{});
    ASSERT_TRUE(measured) << text_of(measured.error());
    ASSERT_EQ((*measured)->getMetrics().size(), 1U);
    EXPECT_EQ((*measured)->getMetrics()[0].getValue(), 42);
  }
  EXPECT_EQ(code_of(engine.spawn(echo_metric(1), spawn_place::with({"elsewhere"})).error()), ec::not_found);
}

TEST_F(engines_test, an_actor_of_the_engine_uses_the_handle) {
  start_both();
  auto engine = connect(*near);
  auto adapter = engine.spawn(echo_metric(7), spawn_place::on({far->node()}));
  ASSERT_TRUE(adapter) << text_of(adapter.error());
  std::promise<double> value;
  engine.system().spawn([&value, whom = adapter->actor](caf::event_based_actor* self) {
    self->request(whom, patience, msg<wire::MeasureRequest>{})
      .then([&value](const msg<wire::Measurement>& got) { value.set_value(got->getMetrics()[0].getValue()); },
            [&value](const caf::error&) { value.set_value(-1); });
  });
  EXPECT_EQ(value.get_future().get(), 7);
}

TEST_F(engines_test, the_least_loaded_node_is_taken) {
  start_both();
  auto engine = connect(*near);
  std::map<std::string, uint32_t> got;
  for (int i = 0; i < 4; ++i) {
    auto adapter = engine.spawn(echo_metric(1), spawn_place::best());
    ASSERT_TRUE(adapter) << text_of(adapter.error());
    ++got[adapter->node.value];
  }
  for (auto* node : {near.get(), far.get()}) {
    EXPECT_GE(got[node->node()], 1U);
    EXPECT_TRUE(wait_until([&] { return spawned_on(*node, *near) == got[node->node()]; })) << "it tells of its load";
  }
}

TEST_F(engines_test, research_on_another_node) {
  start_both();
  auto engine = connect(*near);
  auto session = engine.spawn(research("s1"), spawn_place::on({far->node()}));
  ASSERT_TRUE(session) << text_of(session.error());
  auto counted = ask<msg<wire::ResearchSession>>(engine, session->actor, iteration("s1"));
  ASSERT_TRUE(counted) << text_of(counted.error());
  EXPECT_EQ((*counted)->getIterations(), 1U);
  EXPECT_EQ(far->post("/api/v1/autoresearch", R"({"id":"other","topic":"x"})").status, 201);
  auto foreign = ask<msg<wire::ResearchSession>>(engine, session->actor, iteration("other"));
  EXPECT_EQ(code_of(foreign.error()), ec::forbidden) << "the handle is for one session";
  auto report = ask<msg<wire::ResearchReport>>(
    engine, session->actor,
    msg<wire::FinishResearch>::build([](wire::FinishResearch::Builder out) { out.setId("s1"); }));
  ASSERT_TRUE(report) << text_of(report.error());
  EXPECT_EQ(state_of(*far, "s1"), wire::ResearchState::FINISHED);
  expect_logged(*far, {"Spawned actor ended engine=engine7"});
}

TEST_F(engines_test, a_session_is_finished_when_its_engine_is_gone) {
  start_both();
  {
    auto engine = connect(*near);
    auto session = engine.spawn(research("s1"), spawn_place::on({far->node()}));
    ASSERT_TRUE(session) << text_of(session.error());
    EXPECT_EQ(state_of(*far, "s1"), wire::ResearchState::RUNNING);
  }
  EXPECT_TRUE(wait_until([&] { return state_of(*far, "s1") == wire::ResearchState::FINISHED; })) << far->log();
}

TEST_F(engines_test, end_what_they_spawned_over_any_connection) {
  start_both();
  auto engine = connect(*near);
  auto adapter = engine.spawn(echo_metric(1), spawn_place::on({far->node()}));
  ASSERT_TRUE(adapter) << text_of(adapter.error());
  auto stranger = connect(*near, "engine8");
  EXPECT_EQ(code_of(stranger.end(adapter->node, adapter->id)), ec::not_found) << "it is not this engine's";
  auto again = connect(*far);
  EXPECT_FALSE(again.end(adapter->node, adapter->id));
  expect_logged(*far, {"Spawned actor ended engine=engine7", "id=" + adapter->id});
  EXPECT_EQ(code_of(again.end(adapter->node, adapter->id)), ec::not_found);
}

TEST_F(engines_test, a_lost_node_is_seen_and_reached_again) {
  start_both();
  auto engine = connect(*near);
  auto adapter = engine.spawn(echo_metric(1), spawn_place::on({far->node()}));
  ASSERT_TRUE(adapter) << text_of(adapter.error());
  caf::scoped_actor self{engine.system()};
  self->monitor(adapter->actor);
  auto how = options("far", allow_shell, far->door());
  far->kill();
  bool down = false;
  self->receive([&](const caf::down_msg&) { down = true; }, caf::after(patience) >> [] {});
  EXPECT_TRUE(down);
  far = join(how, *near);
  caf::error last;
  EXPECT_TRUE(wait_until([&] {
    auto again = engine.spawn(echo_metric(2), spawn_place::on({far->node()}));
    last = again ? caf::error{} : again.error();
    return !last;
  }))
    << text_of(last);
  // The engine also survives a restart of the node to which it is connected.
  auto near_how = options("near", allow_shell, near->door());
  near->kill();
  near = join(near_how, *far);
  EXPECT_TRUE(wait_until([&] { return !!engine.nodes(); }));
}

// -- death -----------------------------------------------------------------------

TEST_F(engines_test, a_killed_one_takes_what_it_spawned_with_it_and_the_child_processes) {
  start_both();
  const std::string mark = "engine-test-" + std::to_string(::getpid());
  engine_process engine{{LINGERING_ENGINE_FILE, near->door(), tls_directory("engine7", certificate_role::engine),
                         far->node(), mark, "ends"}};
  auto id = engine.first_line();
  ASSERT_FALSE(id.empty()) << near->log() << far->log();
  // The engine's own command line also contains the mark, so there are two processes.
  ASSERT_TRUE(wait_until([&] { return processes_marked(mark).size() == 2; })) << far->log();
  auto since = std::chrono::steady_clock::now();
  engine.kill();
  EXPECT_TRUE(wait_until([&] { return processes_marked(mark).empty(); })) << far->log();
  auto processes = std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  expect_logged(*far, {"Spawned actor ended engine=engine7", "id=" + id});
  RecordProperty("child_gone_after_s", std::to_string(processes));
  std::printf("a killed engine's child process, which ignores SIGTERM, was gone after %.2f s\n", processes);
  EXPECT_TRUE(wait_until([&] { return spawned_on(*far, *near) == 0; }));
}

TEST_F(engines_test, a_killed_one_leaves_what_was_allowed_to_stay) {
  auto staying = std::string{allow_shell} + "stay_allowed = true\n";
  start_both(allow_shell, staying);
  const std::string mark = "engine-stay-" + std::to_string(::getpid());
  auto tls = tls_directory("engine7", certificate_role::engine);
  std::string id;
  {
    engine_process engine{{LINGERING_ENGINE_FILE, near->door(), tls, far->node(), mark, "stays"}};
    id = engine.first_line();
    ASSERT_FALSE(id.empty()) << near->log() << far->log();
    ASSERT_TRUE(wait_until([&] { return processes_marked(mark).size() == 2; })) << far->log();
  }
  expect_logged(*far, {"Engine disconnected", "engine=engine7"});
  auto again = connect(*near);
  EXPECT_EQ(processes_marked(mark).size(), 1U);
  EXPECT_FALSE(again.end({far->node()}, id)) << "and it can be ended";
  EXPECT_TRUE(wait_until([&] { return processes_marked(mark).empty(); })) << far->log();
}

// -- the example -----------------------------------------------------------------

TEST_F(engines_test, the_example_runs) {
  near = start(options("near"));
  auto ended = run({HIVE_EXAMPLE_ENGINE_FILE, near->door(), tls_directory("example", certificate_role::engine)});
  EXPECT_EQ(ended.status, 0) << ended.err << near->log();
  EXPECT_THAT(ended.out, HasSubstr("the tool for refactor is aider"));
  EXPECT_THAT(ended.out, HasSubstr("answer is 42 on node " + near->node()));
}

TEST_F(engines_test, on_the_plain_loopback_spawn_only_what_is_said) {
  auto plain = [&](const std::string& name, const std::string& config) {
    std::filesystem::create_directories(path(name));
    return start({.directory = path(name), .config = config, .arguments = {"--name", name, "--door", "127.0.0.1:0"}});
  };
  near = plain("silent", allow_shell);
  auto engine = engine::connect({.address = near->door(), .name = "local"});
  ASSERT_TRUE(engine) << text_of(engine.error());
  EXPECT_TRUE(engine->record(tasks("refactor", "aider", 1)));
  auto refused = engine->spawn(echo_metric(1), spawn_place::best());
  EXPECT_EQ(code_of(refused.error()), ec::forbidden);
  EXPECT_THAT(text_of(refused.error()), HasSubstr("engines.allow"));
  far = plain("open", std::string{allow_shell} + "allow = [\"adapter\"]\n");
  auto other = engine::connect({.address = far->door(), .name = "local"});
  ASSERT_TRUE(other) << text_of(other.error());
  auto spawned = other->spawn(echo_metric(1), spawn_place::best());
  EXPECT_TRUE(spawned) << text_of(spawned.error());
}

TEST_F(engines_test, options_and_certificates_are_checked) {
  near = start(options("near"));
  auto code = [](engine_options how) { return code_of(engine::connect(std::move(how)).error()); };
  EXPECT_EQ(code({.address = "nowhere"}), ec::invalid);
  EXPECT_EQ(code({.address = "10.0.0.1:7421"}), ec::invalid) << "without certificates only the loopback";
  EXPECT_EQ(code({.address = near->door(), .name = "a b"}), ec::invalid);
  auto node_certificate = tls_directory("posing", certificate_role::node);
  auto posing = engine::connect({.address = near->door(), .tls = node_certificate});
  EXPECT_THAT(text_of(posing.error()), HasSubstr("role node"));
  EXPECT_FALSE(engine::connect({.address = near->door(), .timeout = std::chrono::milliseconds{2'000}}))
    << "a node with certificates wants one";
  EXPECT_NO_THROW(connect(*near)) << "and keeps serving";
}

TEST_F(engines_test, configuration_is_strict) {
  for (const auto& [text, named] :
       std::vector<std::pair<std::string, std::string>>{{"[engines]\nallow = [\"anything\"]", "engines.allow"},
                                                        {"[engines]\nallow = [\"\"]", "engines.allow"},
                                                        {"[engines]\nallow = \"adapter\"", "engines.allow"},
                                                        {"[engines]\nquota = -1", "engines.quota"},
                                                        {"[engines]\ncommands = [\"sh -c\"]", "engines.commands"},
                                                        {"[engines]\ncommands = [\"\"]", "engines.commands"},
                                                        {"[engines]\nstay_allowed = 1", "engines.stay_allowed"},
                                                        {"[engines]\nspawn = true", "engines.spawn"}}) {
    std::filesystem::create_directories(path("n"));
    hived_process node{{.directory = path("n"), .config = text}};
    EXPECT_EQ(node.await_end(), (process_end{64, 0})) << text;
    EXPECT_THAT(node.log(), HasSubstr(named)) << text;
  }
}

} // namespace
} // namespace hive::cluster
