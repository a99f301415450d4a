#include "actors/engines/http_engines.hpp"

#include "messages/json.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "tests/actors/hive/hive_test.hpp"
#include "tests/support/deterministic_system.hpp"

#include <deque>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using wire::SpawnedState;

using answer_atom = caf::atom_constant<caf::atom("answer")>;

/// A node that spawns: this one's spawner, or the other end of a link.
struct spawning_node {
  caf::actor_system* system = nullptr;
  bool hold = false; ///< does not answer requests to spawn until answer_atom
  caf::error failure = {};
  std::vector<std::string> ended = {};
  std::vector<spawned_here> here = {};
  std::vector<caf::actor> spawned = {};
  std::deque<std::function<void()>> held = {};
  /// Adapters that measure, with what they owe.
  std::deque<std::pair<caf::actor, caf::typed_response_promise<msg<wire::Measurement>>>> measuring = {};
  caf::expected<msg<wire::Measurement>> measured = caf::error{}; ///< the next one
  std::vector<std::string> steps = {};
};

caf::behavior adapter_of(caf::event_based_actor* self, spawning_node* node) {
  fail_on_unexpected(self);
  return {
    [self, node](const msg<wire::MeasureRequest>&) -> caf::result<msg<wire::Measurement>> {
      node->measuring.emplace_back(self, self->make_response_promise<msg<wire::Measurement>>());
      return node->measuring.back().second;
    },
    [node](answer_atom) {
      auto owed = std::move(node->measuring.front().second);
      node->measuring.pop_front();
      node->measured ? owed.deliver(*node->measured) : owed.deliver(node->measured.error());
    },
  };
}

caf::behavior session_of(caf::event_based_actor* self, spawning_node* node) {
  fail_on_unexpected(self);
  auto note = [node](const char* step, auto id) { node->steps.push_back(std::string{step} + " " + id.cStr()); };
  auto counted = [] {
    return msg<wire::ResearchSession>::build([](wire::ResearchSession::Builder out) { out.setIterations(7); });
  };
  return {
    [note, counted](const msg<wire::ResearchIteration>& step) {
      note("iteration", step->getId());
      return counted();
    },
    [note, counted](const msg<wire::ResearchImprovement>& step) {
      note("improvement", step->getId());
      return counted();
    },
    [note, self](const msg<wire::FinishResearch>& step) {
      note("finish", step->getId());
      self->quit();
      return msg<wire::ResearchReport>::build(
        [](wire::ResearchReport::Builder out) { out.initSession().setSummary("faster"); });
    },
  };
}

template <class Handle>
caf::result<Handle> spawn_on(caf::event_based_actor* self, spawning_node* node,
                             caf::behavior (*make)(caf::event_based_actor*, spawning_node*)) {
  auto promise = self->make_response_promise<Handle>();
  auto answer = [node, promise, make]() mutable {
    if (node->failure)
      return promise.deliver(node->failure), void();
    node->spawned.push_back(node->system->spawn<caf::hidden>(make, node));
    promise.deliver(caf::actor_cast<Handle>(node->spawned.back()));
  };
  if (node->hold)
    node->held.emplace_back(answer);
  else
    answer();
  return promise;
}

msg<wire::SpawnedEnded> note_end(spawning_node* node, wire::EndSpawned::Reader what) {
  node->ended.push_back(what.getId().cStr() + std::string{" of "} + what.getEngine().cStr());
  return msg<wire::SpawnedEnded>::build([&](wire::SpawnedEnded::Builder out) { out.setId(what.getId()); });
}

caf::behavior link_stub(caf::event_based_actor* self, spawning_node* node) {
  fail_on_unexpected(self);
  return {
    [self, node](const msg<wire::SpawnAdapter>&) { return spawn_on<adapter_actor>(self, node, adapter_of); },
    [self, node](const msg<wire::SpawnResearch>&) { return spawn_on<research_session_actor>(self, node, session_of); },
    [node](const msg<wire::EndSpawned>& what) { return note_end(node, *what); },
    [node](answer_atom) {
      for (auto& answer : std::exchange(node->held, {}))
        answer();
    },
  };
}

/// Issues tickets for the node in the request, or for this one.
struct issuing {
  node_id here;
  caf::error failure = {};
  std::vector<std::string> engines = {};
};

caf::behavior own_spawner_stub(caf::event_based_actor* self, issuing* tickets, spawning_node* node) {
  fail_on_unexpected(self);
  return {
    [tickets](const engine_request<wire::SpawnRequest>& asked) -> caf::result<msg<wire::SpawnTicket>> {
      if (tickets->failure)
        return tickets->failure;
      EXPECT_EQ(asked.caller.engine, http_engine(tickets->here, asked.caller.engine.name));
      EXPECT_EQ(asked.caller.path, spawn_path::link);
      tickets->engines.push_back(asked.caller.engine.name);
      node_id target{asked.request->hasNode() ? asked.request->getNode().cStr() : tickets->here.value};
      return issue_ticket(keys_of(1), asked.caller.engine, target, asked.request->getSpec(), "", now_unix_micros());
    },
    [self, node](const engine_request<wire::SpawnAdapter>&) { return spawn_on<adapter_actor>(self, node, adapter_of); },
    [self, node](const engine_request<wire::SpawnResearch>&) {
      return spawn_on<research_session_actor>(self, node, session_of);
    },
    [node](const engine_request<wire::EndSpawned>& what) { return note_end(node, *what.request); },
    [node](spawned_here_query) { return node->here; },
  };
}

struct link_directory {
  std::map<node_id, caf::actor> links = {};
  std::set<node_id> in_use = {}; ///< as last told
};

caf::behavior links_stub(caf::event_based_actor* self, link_directory* known) {
  fail_on_unexpected(self);
  return {
    [known](const link_query& query) -> caf::result<spawning_link_actor> {
      auto found = known->links.find(query.node);
      if (found == known->links.end())
        return fail(ec::unavailable, "this node has no link with node " + query.node.value);
      return caf::actor_cast<spawning_link_actor>(found->second);
    },
    [known](const links_in_use& what) {
      EXPECT_EQ(what.by, link_user::served_engines);
      known->in_use = what.nodes;
    },
  };
}

caf::behavior connected_stub(caf::event_based_actor* self) {
  fail_on_unexpected(self);
  return {[](connected_engines_query) { return std::vector<connected_engine>{{"e7", "127.0.0.1:1", 5, {}}}; }};
}

class http_engines_test : public testing::Test {
protected:
  http_engines_test() {
    near.system = away.system = &tests.system();
    directory.links[far] = link;
  }

  ~http_engines_test() override {
    for (auto* node : {&near, &away}) {
      node->held.clear();
      node->measuring.clear();
    }
    tests.end(engines);
  }

  test_reply<msg<wire::Spawned>> start(const std::string& json, const std::string& token = {}) {
    return tests.ask<msg<wire::Spawned>>(
      engines, http_engine_request<wire::StartSpawned>{token, from_json<wire::StartSpawned>(json).value()});
  }

  std::string at(const node_id& node) const {
    return R"("place":{"node":")" + node.value + "\"}";
  }

  /// The id of an adapter that was spawned.
  std::string spawn_adapter(const std::string& more = {}) {
    return start("{" + command + (more.empty() ? "" : "," + more) + "}").answer()->getId().cStr();
  }

  std::string spawn_session(const std::string& more = {}) {
    return start(R"({"session":{"id":"s1","topic":"faster"})" + (more.empty() ? "" : "," + more) + "}")
      .answer()
      ->getId()
      .cStr();
  }

  test_reply<msg<wire::SpawnedKept>> keep(const std::string& id, std::vector<std::string> also = {},
                                          const std::string& token = {}) {
    auto what = msg<wire::KeepSpawned>::build([&](wire::KeepSpawned::Builder out) {
      out.setId(id);
      auto list = out.initAlso(static_cast<uint32_t>(also.size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        list.set(i, also[i]);
    });
    return tests.ask<msg<wire::SpawnedKept>>(engines, http_engine_request<wire::KeepSpawned>{token, what});
  }

  test_reply<msg<wire::SpawnedResult>> result(const std::string& id, double wait_s = 0) {
    return tests.ask<msg<wire::SpawnedResult>>(
      engines, msg<wire::SpawnedResultQuery>::build([&](wire::SpawnedResultQuery::Builder out) {
        out.setId(id);
        out.setWait(wait_s);
      }));
  }

  template <class Answer, class Step>
  test_reply<msg<Answer>> step(const std::string& id, const std::string& token = {}) {
    auto what = msg<Step>::build([&](typename Step::Builder out) { out.setId(id); });
    return tests.ask<msg<Answer>>(engines, http_engine_request<Step>{token, what});
  }

  test_reply<msg<wire::SpawnedEnded>> end(const std::string& id) {
    return tests.ask<msg<wire::SpawnedEnded>>(
      engines, msg<wire::EndOneSpawned>::build([&](wire::EndOneSpawned::Builder out) { out.setId(id); }));
  }

  std::pair<SpawnedState, std::string> state(const std::string& id) {
    auto got = tests
                 .ask<msg<wire::Spawned>>(engines, msg<wire::OneSpawnedQuery>::build(
                                                     [&](wire::OneSpawnedQuery::Builder out) { out.setId(id); }))
                 .answer();
    return {got->getState(), got->getReason().cStr()};
  }

  void measure(spawning_node& node, caf::expected<msg<wire::Measurement>> with) {
    node.measured = std::move(with);
    caf::anon_send(node.measuring.front().first, answer_atom::value);
    tests.run();
  }

  const std::string command = R"("command":{"name":"echo","command":["/bin/echo"]})";
  deterministic_system tests;
  const node_id here = id_of(keys_of(1)), far = id_of(keys_of(2));
  spawning_node near, away; ///< this node, and the one behind the link
  issuing tickets{here};
  link_directory directory;
  caf::actor link = tests.system().spawn<caf::hidden>(link_stub, &away);
  http_engines_actor engines = spawn_http_engines(
    tests.system(),
    {caf::actor_cast<spawner_actor>(tests.system().spawn<caf::hidden>(own_spawner_stub, &tickets, &near)),
     caf::actor_cast<link_directory_actor>(tests.system().spawn<caf::hidden>(links_stub, &directory)),
     caf::actor_cast<connected_engines_actor>(tests.system().spawn<caf::hidden>(connected_stub))},
    {here});
};

// -- spawning --------------------------------------------------------------------

TEST_F(http_engines_test, spawns_here_and_over_the_link_of_the_chosen_node) {
  auto own = start("{" + command + R"(,"engine":"py"})").answer();
  EXPECT_EQ(as_view(own->getNode()), here.value);
  EXPECT_EQ(as_view(own->getEngine()), "py");
  EXPECT_EQ(as_view(own->getName()), "echo");
  EXPECT_EQ(own->getState(), SpawnedState::RUNNING);
  EXPECT_GT(own->getStartedAt(), 0);
  auto other = start("{" + command + "," + at(far) + "}", "ci").answer();
  EXPECT_EQ(as_view(other->getNode()), far.value);
  EXPECT_EQ(near.spawned.size(), 1U);
  EXPECT_EQ(away.spawned.size(), 1U);
  EXPECT_THAT(tickets.engines, ElementsAre("py", "ci"));
}

TEST_F(http_engines_test, passes_refusals_on) {
  tickets.failure = fail(ec::forbidden, "engines.allow");
  expect_refused(start("{" + command + "}"), ec::forbidden, "engines.allow");
  tickets.failure = {};
  near.failure = away.failure = fail(ec::overloaded, "its quota");
  expect_refused(start("{" + command + "}"), ec::overloaded, "its quota");
  expect_refused(start("{" + command + "," + at(far) + "}"), ec::overloaded, "node " + far.value + ": its quota");
  expect_refused(start("{" + command + R"(,"engine":"mine"})", "ci"), ec::forbidden, "engine ci");
  expect_refused(start("{}"), ec::invalid, "exactly one");
  EXPECT_THAT(directory.in_use, IsEmpty());
  directory.links.clear();
  expect_refused(start("{" + command + "," + at(far) + "}"), ec::unavailable, "no link");
}

/// Whatever the other node has spawned for the order ends there with the link.
TEST_F(http_engines_test, an_order_whose_link_is_lost_fails_and_a_late_answer_counts_no_more) {
  away.hold = true;
  auto lost = start("{" + command + "," + at(far) + "}");
  EXPECT_TRUE(lost.is_pending());
  tests.pass(10min);
  EXPECT_TRUE(lost.is_pending()) << "it may still be spawned, so it must not be given up";
  away.held.clear();
  tests.end(link);
  expect_refused(lost, ec::unavailable, "the link with node " + far.value + " was lost");
  EXPECT_EQ(tests.ask<msg<wire::SpawnedList>>(engines, msg<wire::SpawnedQuery>{}).answer()->getSpawned().size(), 0U);
}

/// In a large hive, the other links may be closed.
TEST_F(http_engines_test, a_link_is_in_use_from_the_order_to_the_end) {
  spawn_adapter();
  EXPECT_THAT(directory.in_use, IsEmpty());
  away.hold = true;
  auto ordered = start("{" + command + "," + at(far) + "}");
  EXPECT_THAT(directory.in_use, ElementsAre(far));
  caf::anon_send(link, answer_atom::value);
  tests.run();
  ordered.answer();
  EXPECT_THAT(directory.in_use, ElementsAre(far));
  measure(away, msg<wire::Measurement>{});
  EXPECT_THAT(directory.in_use, IsEmpty());
}

// -- results ---------------------------------------------------------------------

TEST_F(http_engines_test, an_adapter_measures_once_at_once_and_ends) {
  auto id = spawn_adapter(at(far));
  ASSERT_EQ(away.measuring.size(), 1U);
  auto waiting = result(id, 30), at_once = result(id);
  EXPECT_EQ(at_once.answer()->getSpawned().getState(), SpawnedState::RUNNING);
  EXPECT_FALSE(at_once.answer()->hasMeasurement());
  EXPECT_TRUE(waiting.is_pending());
  measure(away, from_json<wire::Measurement>(R"({"metrics":{"a":{"value":4,"direction":"higher"}}})"));
  EXPECT_EQ(waiting.answer()->getSpawned().getState(), SpawnedState::DONE);
  EXPECT_EQ(waiting.answer()->getMeasurement().getMetrics()[0].getValue(), 4);
  EXPECT_EQ(result(id, 30).answer()->getMeasurement().getMetrics()[0].getValue(), 4) << "again, without a wait";
  EXPECT_FALSE(tests.is_alive(away.spawned[0])) << "it has no other work, and would count in the quota";
  EXPECT_EQ(state(id).first, SpawnedState::DONE);
}

TEST_F(http_engines_test, an_adapter_that_fails_has_a_reason) {
  auto id = spawn_adapter();
  auto waiting = result(id, 30);
  measure(near, fail(ec::process_failed, "it exits with 1"));
  EXPECT_EQ(waiting.answer()->getSpawned().getState(), SpawnedState::FAILED);
  EXPECT_EQ(state(id), (std::pair{SpawnedState::FAILED, std::string{"it exits with 1"}}));
  EXPECT_FALSE(tests.is_alive(near.spawned[0]));
}

TEST_F(http_engines_test, a_wait_ends_with_its_time) {
  auto id = spawn_adapter(R"("stay":true)");
  auto waiting = result(id, 1.5);
  tests.pass(1'499ms);
  EXPECT_TRUE(waiting.is_pending());
  tests.pass(1ms);
  EXPECT_EQ(waiting.answer()->getSpawned().getState(), SpawnedState::RUNNING);
  expect_refused(result("unknown", 1), ec::not_found, "unknown");
}

TEST_F(http_engines_test, bounds_waits) {
  auto id = spawn_adapter(R"("stay":true)");
  std::vector<test_reply<msg<wire::SpawnedResult>>> waiting;
  for (size_t i = 0; i < defaults::max_result_waits; ++i)
    waiting.push_back(result(id, 1));
  expect_refused(result(id, 1), ec::overloaded, "requests wait for results");
  EXPECT_NO_THROW(result(id).answer()) << "without a wait it is answered";
  tests.pass(1s);
  EXPECT_NO_THROW(waiting.front().answer());
  EXPECT_TRUE(result(id, 1).is_pending());
}

// -- keep-alives -----------------------------------------------------------------
// The clock of the actor is the system's, which these tests do not move: what time does is tested in spawned_table_test
// and with real nodes.

TEST_F(http_engines_test, keep_alives_say_what_has_become_of_each) {
  auto first = spawn_adapter(), second = spawn_adapter();
  measure(near, msg<wire::Measurement>{});
  auto kept = keep(first, {second, "unknown", second}).answer();
  std::map<std::string, SpawnedState> states;
  for (auto each : kept->getSpawned())
    states[each.getId().cStr()] = each.getState();
  EXPECT_EQ(states,
            (std::map<std::string, SpawnedState>{{first, SpawnedState::DONE}, {second, SpawnedState::RUNNING}}));
  ASSERT_EQ(kept->getGone().size(), 1U);
  EXPECT_STREQ(kept->getGone()[0].cStr(), "unknown");
  expect_refused(keep("unknown", {"nothing"}), ec::not_found, "nothing with id");
}

TEST_F(http_engines_test, a_token_keeps_alive_what_its_engine_spawned_alone) {
  std::string id{start("{" + command + "}", "ci").answer()->getId().cStr()};
  EXPECT_NO_THROW(keep(id, {}, "ci").answer());
  EXPECT_NO_THROW(keep(id, {}, "").answer()) << "the operator may";
  expect_refused(keep(id, {}, "other"), ec::forbidden, "was spawned by engine ci, not by other");
}

// -- the end ---------------------------------------------------------------------

TEST_F(http_engines_test, ends_on_its_node_and_forgets) {
  auto own = spawn_adapter(), other = spawn_adapter(at(far) + R"(,"engine":"py")");
  auto waiting = result(other, 30);
  EXPECT_EQ(as_view(end(own).answer()->getId()), own);
  EXPECT_EQ(as_view(end(other).answer()->getId()), other);
  EXPECT_THAT(near.ended, ElementsAre(own + " of operator"));
  EXPECT_THAT(away.ended, ElementsAre(other + " of py"));
  EXPECT_EQ(waiting.answer()->getSpawned().getState(), SpawnedState::ENDED);
  expect_refused(end(own), ec::not_found, own);
  expect_refused(result(own), ec::not_found, own);
}

TEST_F(http_engines_test, what_is_done_ends_without_a_word_to_its_node) {
  auto id = spawn_adapter();
  measure(near, msg<wire::Measurement>{});
  end(id).answer();
  EXPECT_THAT(near.ended, IsEmpty());
}

TEST_F(http_engines_test, what_dies_on_its_node_has_ended) {
  auto adapter = spawn_session(at(far));
  tests.end(away.spawned[0]);
  EXPECT_EQ(state(adapter), (std::pair{SpawnedState::ENDED, std::string{"it was ended on its node"}}));
  EXPECT_NO_THROW(end(adapter).answer());
  EXPECT_THAT(away.ended, IsEmpty());
}

TEST_F(http_engines_test, ends_also_what_has_stayed_on_this_node_from_before_its_start) {
  auto stayed = [](const std::string& id, bool stay) {
    return spawned_here{msg<wire::Spawned>::build([&](wire::Spawned::Builder out) {
                          out.setId(id);
                          out.setEngine("py");
                          out.setStay(stay);
                        }),
                        {},
                        {}};
  };
  near.here = {stayed("a", true), stayed("b", false)};
  EXPECT_EQ(as_view(end("a").answer()->getId()), "a");
  EXPECT_THAT(near.ended, ElementsAre("a of py"));
  expect_refused(end("b"), ec::not_found, "b");
}

TEST_F(http_engines_test, what_may_stay_is_not_forgotten_while_its_node_cannot_be_told) {
  auto id = spawn_adapter(at(far) + R"(,"stay":true)");
  directory.links.clear();
  expect_refused(end(id), ec::unavailable, "no link");
  EXPECT_EQ(state(id).first, SpawnedState::RUNNING);
  directory.links[far] = link;
  EXPECT_NO_THROW(end(id).answer());
  EXPECT_THAT(away.ended, ElementsAre(id + " of operator"));
}

// -- sessions --------------------------------------------------------------------

TEST_F(http_engines_test, steps_of_a_session_go_to_it_under_its_own_id) {
  auto id = spawn_session(at(far));
  EXPECT_EQ((step<wire::ResearchSession, wire::ResearchIteration>(id).answer()->getIterations()), 7U);
  EXPECT_EQ((step<wire::ResearchSession, wire::ResearchImprovement>(id).answer()->getIterations()), 7U);
  EXPECT_EQ(state(id).first, SpawnedState::RUNNING);
  auto waiting = result(id, 30);
  auto report = step<wire::ResearchReport, wire::FinishResearch>(id).answer();
  EXPECT_EQ(as_view(report->getSession().getSummary()), "faster");
  EXPECT_THAT(away.steps, ElementsAre("iteration s1", "improvement s1", "finish s1"));
  EXPECT_EQ(as_view(waiting.answer()->getReport().getSession().getSummary()), "faster");
  EXPECT_EQ(state(id).first, SpawnedState::DONE) << "its actor has ended with it";
  EXPECT_NO_THROW((step<wire::ResearchReport, wire::FinishResearch>(id).answer())) << "finishing again gives the same";
  expect_refused(step<wire::ResearchSession, wire::ResearchIteration>(id), ec::not_found, "runs no more");
}

TEST_F(http_engines_test, refuses_steps_of_what_has_none_and_of_other_engines) {
  auto adapter = spawn_adapter();
  expect_refused(step<wire::ResearchSession, wire::ResearchIteration>(adapter), ec::invalid, "is an adapter");
  expect_refused(step<wire::ResearchSession, wire::ResearchIteration>("unknown"), ec::not_found, "unknown");
  auto session = spawn_session();
  expect_refused(step<wire::ResearchSession, wire::ResearchIteration>(session, "ci"), ec::forbidden, "not by ci");
  EXPECT_THAT(near.steps, IsEmpty());
}

// -- the list of engines ---------------------------------------------------------

TEST_F(http_engines_test, lists_engines_of_both_kinds) {
  spawn_adapter(R"("engine":"py")");
  auto list = tests.ask<msg<wire::EngineList>>(engines, msg<wire::EngineQuery>{}).answer();
  ASSERT_EQ(list->getEngines().size(), 2U);
  EXPECT_EQ(as_view(list->getEngines()[0].getName()), "e7");
  EXPECT_EQ(as_view(list->getEngines()[1].getName()), "py");
  EXPECT_EQ(list->getEngines()[1].getSpawned().size(), 1U);
}

} // namespace
} // namespace hive
