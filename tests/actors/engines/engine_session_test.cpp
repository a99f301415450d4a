#include "actors/engines/engine_session.hpp"

#include "actors/defaults.hpp"
#include "messages/baseline.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/text.hpp"
#include "messages/tracker.capnp.h"
#include "tests/actors/engines/engine_actors.hpp"
#include "tests/support/deterministic_system.hpp"

#include <deque>
#include <gmock/gmock.h>
#include <sodium.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The requests that the services received, with their senders, and how the services answer.
struct services_state {
  std::vector<std::string> asked;
  std::vector<caf::actor_addr> senders;
  caf::error failure; ///< if set, answers everything
  bool hold = false;  ///< holds answers back; each release_atom releases one
  std::deque<std::function<void()>> held;
  std::vector<engine_caller> callers;     ///< of requests to the spawner
  std::vector<std::string> lease_holders; ///< names in requests for leases
  std::vector<lease_holder_actor> holders;
  adapter_actor adapter; ///< the one that the spawner stub returns
  research_session_actor research;
};

template <class Answer>
caf::result<Answer> note_and_answer(caf::event_based_actor* self, services_state* state, std::string request,
                                    Answer with) {
  state->asked.push_back(std::move(request));
  state->senders.push_back(caf::actor_cast<caf::actor_addr>(self->current_sender()));
  auto promise = self->make_response_promise<Answer>();
  auto deliver = [state, promise, with]() mutable {
    state->failure ? promise.deliver(state->failure) : promise.deliver(with);
  };
  if (state->hold)
    state->held.emplace_back(deliver);
  else
    deliver();
  return promise;
}

template <class Request>
std::string read(const msg<Request>& what) {
  return std::string{what.bytes()};
}

caf::behavior tracker_stub(caf::event_based_actor* self, services_state* state) {
  using namespace wire;
  fail_on_unexpected(self);
  return {
    [self, state](const msg<RecordTasks>& what) {
      return note_and_answer(self, state, read(what),
                             msg<TasksRecorded>::build([](TasksRecorded::Builder out) { out.setRecorded(5); }));
    },
    [self, state](const msg<BestToolQuery>& what) {
      return note_and_answer(self, state, read(what),
                             msg<BestTool>::build([](BestTool::Builder out) { out.setToolName("aider"); }));
    },
    [self, state](const msg<RouteQuery>& what) {
      return note_and_answer(self, state, read(what),
                             msg<Route>::build([](Route::Builder out) { out.setToolName("codex"); }));
    },
    [state](release_atom) {
      auto deliver = std::move(state->held.front());
      state->held.pop_front();
      deliver();
    },
  };
}

caf::behavior agents_stub(caf::event_based_actor* self, services_state* state) {
  using namespace wire;
  fail_on_unexpected(self);
  return {
    [self, state](const msg<AddRuns>& what) {
      return note_and_answer(self, state, read(what),
                             msg<AgentInputStored>::build([](AgentInputStored::Builder out) { out.setRecorded(3); }));
    },
    [self, state](const msg<CaptureBaseline>& what) {
      return note_and_answer(self, state, read(what),
                             msg<CaptureOutcome>::build([](CaptureOutcome::Builder out) { out.setSkipped("why"); }));
    },
    [self, state](const msg<ValidateAgent>& what) {
      return note_and_answer(self, state, read(what),
                             msg<AgentValidation>::build([](AgentValidation::Builder out) { out.setPassed(true); }));
    },
  };
}

caf::behavior view_stub(caf::event_based_actor* self, services_state* state) {
  fail_on_unexpected(self);
  return {[self, state](const msg<wire::NodeQuery>& what) {
    return note_and_answer(self, state, read(what), msg<wire::NodeList>::build([](wire::NodeList::Builder out) {
                             out.initNodes(2)[1].setId("far");
                           }));
  }};
}

caf::behavior spawner_stub(caf::event_based_actor* self, services_state* state) {
  using namespace wire;
  fail_on_unexpected(self);
  auto with = [self, state]<class Request, class Answer>(const engine_request<Request>& what, Answer given) {
    state->callers.push_back(what.caller);
    return note_and_answer(self, state, read(what.request), std::move(given));
  };
  return {
    [with](const engine_request<SpawnRequest>& what) {
      return with(what, msg<SpawnTicket>::build([](SpawnTicket::Builder out) { out.setAddress("127.0.0.1:1"); }));
    },
    [with, state](const engine_request<SpawnAdapter>& what) { return with(what, state->adapter); },
    [with, state](const engine_request<SpawnResearch>& what) { return with(what, state->research); },
    [with](const engine_request<EndSpawned>& what) {
      return with(what, msg<SpawnedEnded>::build([](SpawnedEnded::Builder out) { out.setId("a"); }));
    },
  };
}

caf::behavior scheduler_stub(caf::event_based_actor* self, services_state* state) {
  using namespace wire;
  fail_on_unexpected(self);
  auto with = [self, state](std::string request) {
    return note_and_answer(self, state, std::move(request),
                           msg<Lease>::build([](Lease::Builder out) { out.setId("l1"); }));
  };
  return {
    [self, state](const msg<GpuQuery>& what) {
      return note_and_answer(self, state, read(what),
                             msg<GpuList>::build([](GpuList::Builder out) { out.setQueued(2); }));
    },
    [with, state](const hold_lease& what) {
      state->lease_holders.emplace_back(as_view(what.request->getHolder()));
      state->holders.push_back(what.holder);
      return with(read(what.request));
    },
    [with](const msg<LeaseQuery>& what) { return with(read(what)); },
    [with](const msg<RenewLease>& what) { return with(read(what)); },
    [with](const msg<ReleaseLease>& what) { return with(read(what)); },
    [state](release_atom) {
      auto deliver = std::move(state->held.front());
      state->held.pop_front();
      deliver();
    },
  };
}

class engine_session_test : public testing::Test {
protected:
  ~engine_session_test() override {
    state.held.clear();
    tests.end(session);
  }

  template <class Answer, class Request>
  test_reply<msg<Answer>> ask(const msg<Request>& request) {
    return tests.ask<msg<Answer>>(session, request);
  }

  test_reply<adapter_actor> spawn_adapter() {
    return tests.ask<adapter_actor>(session, msg<wire::SpawnAdapter>{});
  }

  caf::actor spawn_stub(caf::behavior (*stub)(caf::event_based_actor*, services_state*)) {
    return tests.system().spawn<caf::hidden>(stub, &state);
  }

  /// All actors of this process that the engine may send to.
  std::vector<caf::actor_id> allowed() {
    std::vector<caf::actor_id> out;
    auto newest = tests.spawn_requester().id();
    for (caf::actor_id each = 0; each <= newest; ++each)
      if (allowlist->contains(each))
        out.push_back(each);
    return out;
  }

  static msg<wire::BestToolQuery> query(const std::string& type = "refactor") {
    return msg<wire::BestToolQuery>::build([&](wire::BestToolQuery::Builder out) { out.setTaskType(type); });
  }

  deterministic_system tests;
  services_state state;
  caf::actor tracker = spawn_stub(tracker_stub), agents = spawn_stub(agents_stub), view = spawn_stub(view_stub),
             spawner = spawn_stub(spawner_stub), scheduler = spawn_stub(scheduler_stub);
  engine_caller caller{{"engine7", std::string(32, 'f')}};
  std::shared_ptr<actor_allowlist> allowlist = std::make_shared<actor_allowlist>();
  local_engine_session_actor session =
    spawn_engine_session(tests.system(),
                         {caf::actor_cast<tracker_actor>(tracker), caf::actor_cast<baselines_actor>(agents),
                          caf::actor_cast<hive_view_actor>(view), caf::actor_cast<spawner_actor>(spawner),
                          caf::actor_cast<gpu_scheduler_actor>(scheduler)},
                         {caller, allowlist});
};

TEST_F(engine_session_test, answers_pings_itself) {
  auto ping = msg<wire::Ping>::build([](wire::Ping::Builder out) { out.initPayload(3)[2] = 'x'; });
  EXPECT_TRUE(ask<wire::Pong>(ping).answer()->getPayload() == ping->getPayload());
  EXPECT_THAT(state.asked, IsEmpty());
}

TEST_F(engine_session_test, forwards_requests_about_agents_unchanged) {
  auto runs = msg<wire::AddRuns>::build([](wire::AddRuns::Builder out) { out.initRuns(2)[1].setActionId("a"); });
  auto capture = msg<wire::CaptureBaseline>::build([](wire::CaptureBaseline::Builder out) { out.setUserId("u"); });
  auto validation = msg<wire::ValidateAgent>::build([](wire::ValidateAgent::Builder out) { out.setFlowId("7"); });
  EXPECT_EQ(ask<wire::AgentInputStored>(runs).answer()->getRecorded(), 3U);
  EXPECT_EQ(as_view(ask<wire::CaptureOutcome>(capture).answer()->getSkipped()), "why");
  EXPECT_TRUE(ask<wire::AgentValidation>(validation).answer()->getPassed());
  EXPECT_EQ(state.asked, (std::vector<std::string>{read(runs), read(capture), read(validation)}));
}

TEST_F(engine_session_test, forwards_requests_to_their_services_unchanged) {
  auto tasks =
    msg<wire::RecordTasks>::build([](wire::RecordTasks::Builder out) { out.initTasks(1)[0].setUserId("u"); });
  auto route = msg<wire::RouteQuery>::build([](wire::RouteQuery::Builder out) { out.setTaskType("feature"); });
  auto node = msg<wire::NodeQuery>::build([](wire::NodeQuery::Builder out) { out.setNode("far"); });
  EXPECT_EQ(ask<wire::TasksRecorded>(tasks).answer()->getRecorded(), 5U);
  EXPECT_EQ(as_view(ask<wire::BestTool>(query()).answer()->getToolName()), "aider");
  EXPECT_EQ(as_view(ask<wire::Route>(route).answer()->getToolName()), "codex");
  EXPECT_EQ(as_view(ask<wire::NodeList>(node).answer()->getNodes()[1].getId()), "far");
  EXPECT_THAT(state.asked, ElementsAre(read(tasks), read(query()), read(route), read(node)));
}

/// A spawned actor ends when the actor that asked for it ends, so the session must ask and not the engine.
TEST_F(engine_session_test, asks_the_spawner_itself_with_the_identity_of_its_engine) {
  auto wanted = msg<wire::SpawnRequest>::build([](wire::SpawnRequest::Builder out) { out.setNode("far"); });
  auto ended = msg<wire::EndSpawned>::build([](wire::EndSpawned::Builder out) { out.setId("a"); });
  state.adapter = tests.system().spawn<caf::hidden>(adapter_stub);
  EXPECT_EQ(as_view(ask<wire::SpawnTicket>(wanted).answer()->getAddress()), "127.0.0.1:1");
  EXPECT_EQ(spawn_adapter().answer(), state.adapter);
  EXPECT_EQ(as_view(ask<wire::SpawnedEnded>(ended).answer()->getId()), "a");
  EXPECT_THAT(state.asked, ElementsAre(read(wanted), read(msg<wire::SpawnAdapter>{}), read(ended)));
  for (const auto& each : state.callers) {
    EXPECT_EQ(each.engine, caller.engine);
    EXPECT_EQ(each.path, spawn_path::door);
  }
  EXPECT_EQ(state.callers.size(), 3U);
  EXPECT_THAT(state.senders, testing::Each(session.address()));
}

TEST_F(engine_session_test, passes_errors_of_services_on) {
  state.failure = fail(ec::no_data, "no tool qualifies");
  expect_refused(ask<wire::BestTool>(query()), ec::no_data, "no tool qualifies");
  expect_refused(ask<wire::NodeList>(msg<wire::NodeQuery>{}), ec::no_data, "no tool qualifies");
  expect_refused(spawn_adapter(), ec::no_data, "no tool qualifies");
}

TEST_F(engine_session_test, answers_an_error_for_a_service_that_has_ended) {
  tests.end(tracker);
  EXPECT_EQ(code_of(ask<wire::BestTool>(query()).error()), ec::unavailable);
  EXPECT_NO_THROW(ask<wire::NodeList>(msg<wire::NodeQuery>{}).answer());
}

TEST_F(engine_session_test, gives_up_a_service_that_does_not_answer) {
  state.hold = true;
  auto open = ask<wire::BestTool>(query());
  tests.pass(defaults::request_timeout - std::chrono::milliseconds{1});
  EXPECT_TRUE(open.is_pending());
  tests.pass(std::chrono::milliseconds{1});
  EXPECT_EQ(code_of(open.error()), ec::outcome_unknown);
}

TEST_F(engine_session_test, ignores_the_answer_of_a_service_that_was_given_up) {
  state.hold = true;
  auto open = ask<wire::BestTool>(query());
  tests.pass(defaults::request_timeout);
  caf::anon_send(tracker, release_atom::value);
  tests.run();
  EXPECT_EQ(code_of(open.error()), ec::outcome_unknown);
  state.hold = false;
  EXPECT_NO_THROW(ask<wire::BestTool>(query()).answer());
}

TEST_F(engine_session_test, keeps_nothing_of_the_requests_that_were_answered) {
  for (int i = 0; i < 1'000; ++i)
    ask<wire::BestTool>(query()).answer();
  EXPECT_EQ(tests.pending_timeouts(), 1U);
  tests.pass(defaults::request_timeout);
  EXPECT_EQ(tests.pending_timeouts(), 0U);
}

// -- bounds ----------------------------------------------------------------------

TEST_F(engine_session_test, bounds_pending_requests) {
  state.hold = true;
  std::vector<test_reply<msg<wire::BestTool>>> open;
  for (size_t i = 0; i < defaults::max_engine_requests; ++i)
    open.push_back(ask<wire::BestTool>(query()));
  EXPECT_EQ(state.asked.size(), defaults::max_engine_requests);
  expect_refused(ask<wire::BestTool>(query()), ec::overloaded, "requests of this connection are open");
  expect_refused(ask<wire::NodeList>(msg<wire::NodeQuery>{}), ec::overloaded, "open");
  expect_refused(spawn_adapter(), ec::overloaded, "open");
  EXPECT_EQ(state.asked.size(), defaults::max_engine_requests) << "the services were not bothered";
  EXPECT_NO_THROW(ask<wire::Pong>(msg<wire::Ping>{}).answer());

  auto release = [&] {
    caf::anon_send(tracker, release_atom::value);
    tests.run();
  };
  release();
  EXPECT_NO_THROW(open[0].answer());
  EXPECT_TRUE(ask<wire::BestTool>(query()).is_pending()) << "an answer makes room";
  expect_refused(ask<wire::BestTool>(query()), ec::overloaded, "open");
  state.failure = fail(ec::no_data, "none");
  release();
  expect_refused(open[1], ec::no_data, "none");
  EXPECT_TRUE(ask<wire::BestTool>(query()).is_pending()) << "so does an error";
  tests.pass(defaults::request_timeout);
  EXPECT_EQ(code_of(open.back().error()), ec::outcome_unknown);
  EXPECT_TRUE(ask<wire::BestTool>(query()).is_pending()) << "and so does a timeout";
}

TEST_F(engine_session_test, refuses_messages_that_it_does_not_understand) {
  auto foreign = msg<wire::ToolSummaryQuery>{};
  expect_refused(tests.ask<msg<wire::ToolSummary>>(caf::actor_cast<caf::actor>(session), foreign), ec::malformed,
                 "could not be read");
  EXPECT_NO_THROW(ask<wire::BestTool>(query()).answer()) << "and serves on";
}

// -- leases ----------------------------------------------------------------------

using leases_of_engines = engine_session_test;

msg<wire::RequestLease> wanted_lease(const std::string& holder = {}) {
  return msg<wire::RequestLease>::build([&](wire::RequestLease::Builder out) {
    out.setVramGb(4);
    out.setKey("k");
    if (!holder.empty())
      out.setHolder(holder);
  });
}

TEST_F(leases_of_engines, are_held_in_the_engines_name_by_an_actor_each) {
  EXPECT_EQ(as_view(ask<wire::Lease>(wanted_lease()).answer()->getId()), "l1");
  EXPECT_EQ(as_view(ask<wire::Lease>(wanted_lease("somebody-else")).answer()->getId()), "l1");
  EXPECT_THAT(state.lease_holders, ElementsAre("engine7", "engine7"));
  ASSERT_EQ(state.holders.size(), 2U);
  EXPECT_NE(state.holders[0], state.holders[1]) << "ending one by force leaves the other";
  tests.end(state.holders[0]);
  EXPECT_TRUE(tests.is_alive(session));
  EXPECT_TRUE(tests.is_alive(state.holders[1]));
}

TEST_F(leases_of_engines, end_with_their_session) {
  ask<wire::Lease>(wanted_lease()).answer();
  EXPECT_TRUE(tests.is_alive(state.holders[0]));
  tests.end(session);
  EXPECT_FALSE(tests.is_alive(state.holders[0]));
}

TEST_F(leases_of_engines, need_no_actor_once_the_scheduler_has_forgotten_them) {
  ask<wire::Lease>(wanted_lease()).answer();
  auto holder = caf::actor_cast<caf::actor_addr>(state.holders[0]);
  state.holders.clear();
  tests.run();
  EXPECT_EQ(caf::actor_cast<caf::strong_actor_ptr>(holder), nullptr);
}

TEST_F(leases_of_engines, wait_however_long_and_block_no_other_request) {
  state.hold = true;
  auto waiting = ask<wire::Lease>(wanted_lease());
  tests.pass(100 * defaults::request_timeout);
  EXPECT_TRUE(waiting.is_pending());
  state.hold = false;
  EXPECT_NO_THROW(ask<wire::BestTool>(query()).answer());
  caf::anon_send(scheduler, release_atom::value);
  tests.run();
  EXPECT_EQ(as_view(waiting.answer()->getId()), "l1");
}

TEST_F(leases_of_engines, that_wait_count_as_pending) {
  state.hold = true;
  std::vector<test_reply<msg<wire::Lease>>> open;
  for (size_t i = 0; i < defaults::max_engine_requests; ++i)
    open.push_back(ask<wire::Lease>(wanted_lease()));
  expect_refused(ask<wire::Lease>(wanted_lease()), ec::overloaded, "requests of this connection are open");
  EXPECT_EQ(state.holders.size(), defaults::max_engine_requests);
}

TEST_F(leases_of_engines, are_asked_for_renewed_and_given_back_with_what_the_engine_shows) {
  auto renewal = msg<wire::RenewLease>::build([](wire::RenewLease::Builder out) { out.setToken("t"); });
  auto release = msg<wire::ReleaseLease>::build([](wire::ReleaseLease::Builder out) { out.setToken("t"); });
  auto question = msg<wire::LeaseQuery>::build([](wire::LeaseQuery::Builder out) { out.setId("l1"); });
  EXPECT_EQ(ask<wire::GpuList>(msg<wire::GpuQuery>{}).answer()->getQueued(), 2U);
  ask<wire::Lease>(renewal).answer();
  ask<wire::Lease>(question).answer();
  ask<wire::Lease>(release).answer();
  EXPECT_THAT(state.asked, ElementsAre(read(msg<wire::GpuQuery>{}), read(renewal), read(question), read(release)));
}

TEST_F(leases_of_engines, of_others_are_not_revoked_and_processes_of_the_node_not_named) {
  expect_refused(ask<wire::Lease>(msg<wire::ReleaseLease>{}), ec::forbidden, "only an operator");
  auto request = msg<wire::RequestLease>::build([](wire::RequestLease::Builder out) { out.setPid(1); });
  auto renewal = msg<wire::RenewLease>::build([](wire::RenewLease::Builder out) { out.setPid(1); });
  expect_refused(ask<wire::Lease>(request), ec::forbidden, "may not name a process");
  expect_refused(ask<wire::Lease>(renewal), ec::forbidden, "may not name a process");
  EXPECT_THAT(state.asked, IsEmpty());
}

TEST_F(leases_of_engines, that_are_taken_away_are_told_to_the_engine) {
  std::vector<std::string> told;
  auto presence = tests.system().spawn<caf::hidden>([&told](caf::event_based_actor*) -> caf::behavior {
    return {[](const msg<wire::Ping>&) { return msg<wire::Pong>{}; },
            [&told](const msg<wire::LeaseRevoked>& what) {
              told.push_back(std::string{as_view(what->getId())} + ": " + std::string{as_view(what->getReason())});
            }};
  });
  ask<wire::Lease>(wanted_lease()).answer();
  caf::anon_send(state.holders[0], lease_revoked{"l0", "nobody is known to tell"});
  tests.run();
  caf::anon_send(session, engine_introduced{caf::actor_cast<engine_presence_actor>(presence)});
  tests.run();
  caf::anon_send(state.holders[0], lease_revoked{"l1", "by an operator"});
  tests.run();
  EXPECT_THAT(told, ElementsAre("l1: by an operator"));
  told.clear();
  ask<wire::Lease>(wanted_lease()).answer(); // the scheduler has it already, and forgets the new holder
  state.holders.pop_back();
  tests.run();
  EXPECT_THAT(told, IsEmpty());
  tests.end(state.holders[0]);
  EXPECT_THAT(told, ElementsAre("l1: it has ended"));
}

// -- allowlist -------------------------------------------------------------------

TEST_F(engine_session_test, allows_the_actors_that_it_hands_out_while_they_live_and_nothing_else) {
  state.adapter = tests.system().spawn<caf::hidden>(adapter_stub);
  state.research = tests.system().spawn<caf::hidden>(research_session_stub);
  ask<wire::BestTool>(query()).answer();
  ask<wire::NodeList>(msg<wire::NodeQuery>{}).answer();
  ask<wire::SpawnTicket>(msg<wire::SpawnRequest>{}).answer();
  EXPECT_THAT(allowed(), IsEmpty());
  state.failure = fail(ec::forbidden, "not allowed");
  expect_refused(spawn_adapter(), ec::forbidden, "not allowed");
  EXPECT_THAT(allowed(), IsEmpty());
  state.failure = {};
  spawn_adapter().answer();
  EXPECT_THAT(allowed(), ElementsAre(state.adapter.id()));
  auto session_of_research = tests.ask<research_session_actor>(session, msg<wire::SpawnResearch>{});
  EXPECT_EQ(session_of_research.answer(), state.research);
  EXPECT_THAT(allowed(), ElementsAre(state.adapter.id(), state.research.id()));
  tests.end(state.adapter);
  EXPECT_THAT(allowed(), ElementsAre(state.research.id()));
  tests.end(state.research);
  EXPECT_THAT(allowed(), IsEmpty());
  spawn_adapter().answer(); // the answer is an adapter that has already ended
  EXPECT_THAT(allowed(), IsEmpty());
}

} // namespace
} // namespace hive
