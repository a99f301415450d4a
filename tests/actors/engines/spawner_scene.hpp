#pragma once

#include "actors/engines/load_slots.hpp"
#include "actors/engines/spawner.hpp"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/install.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "tests/actors/engines/engine_actors.hpp"
#include "tests/actors/hive/hive_test.hpp"
#include "tests/support/deterministic_system.hpp"

#include <deque>

namespace hive {

/// A node in the answers of the hive.
struct listed_node {
  std::string id;
  wire::MemberState state = wire::MemberState::ACTIVE;
  std::vector<std::string> labels = {};
  uint32_t spawned = 0;
  std::string address = "127.0.0.1:1";
  bool linked = false;
};

/// The hive as the spawner sees it.
struct hive_stub_state {
  std::vector<listed_node> nodes; ///< the first is this node
  caf::error failure;             ///< if set, answers all queries
  bool hold = false;              ///< answers no query until release_atom
  std::vector<std::string> queried;
  std::vector<uint32_t> loads;         ///< as published
  std::set<node_id> links_in_use = {}; ///< as last told
  std::deque<std::function<void()>> held;
};

inline caf::expected<msg<wire::NodeList>> answer_query(const hive_stub_state& state, const std::string& wanted) {
  if (state.failure)
    return state.failure;
  std::vector<listed_node> found;
  for (const auto& node : state.nodes)
    if (wanted.empty() || node.id == wanted)
      found.push_back(node);
  if (found.empty())
    return fail(ec::not_found, "there is no node " + wanted);
  return msg<wire::NodeList>::build([&](wire::NodeList::Builder out) {
    auto list = out.initNodes(static_cast<uint32_t>(found.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setId(found[i].id);
      list[i].setState(found[i].state);
      list[i].setAddress(found[i].address);
      list[i].setSpawned(found[i].spawned);
      list[i].setEpoch(1);
      list[i].setLinked(found[i].linked);
      list[i].setSelf(found[i].id == state.nodes.front().id);
      auto labels = list[i].initLabels(static_cast<uint32_t>(found[i].labels.size()));
      for (uint32_t l = 0; l < labels.size(); ++l)
        labels.set(l, found[i].labels[l]);
    }
  });
}

inline uint32_t load_in(const publish_slots& what) {
  EXPECT_EQ(what.kind, load_kind);
  EXPECT_EQ(what.payloads.size(), 1U);
  auto content = load_rules().decode("load", what.payloads.begin()->second);
  return (*content_as<msg<wire::NodeLoad>>(content.value()))->getSpawned();
}

inline caf::behavior hive_stub(caf::event_based_actor* self, hive_stub_state* state) {
  fail_on_unexpected(self);
  return {
    [state](const publish_slots& what) { state->loads.push_back(load_in(what)); },
    [state](const links_in_use& what) {
      EXPECT_EQ(what.by, link_user::spawner);
      state->links_in_use = what.nodes;
    },
    [self, state](const msg<wire::NodeQuery>& query) -> caf::result<msg<wire::NodeList>> {
      state->queried.emplace_back(as_view(query->getNode()));
      auto promise = self->make_response_promise<msg<wire::NodeList>>();
      auto answer = [state, promise, wanted = state->queried.back()]() mutable {
        auto list = answer_query(*state, wanted);
        list ? promise.deliver(*list) : promise.deliver(list.error());
      };
      if (state->hold)
        state->held.emplace_back(answer);
      else
        answer();
      return promise;
    },
    [state](release_atom) {
      for (auto& answer : std::exchange(state->held, {}))
        answer();
    },
  };
}

/// The research sessions of the node.
struct research_stub_state {
  caf::error failure;
  bool hold = false; ///< starts no session until release_atom
  std::vector<std::string> started;
  std::vector<std::string> finished;
  std::deque<std::function<void()>> held;
};

inline msg<wire::ResearchSession> research_session_called(const std::string& id) {
  return msg<wire::ResearchSession>::build([&](wire::ResearchSession::Builder out) { out.setId(id); });
}

inline caf::behavior research_stub(caf::event_based_actor* self, research_stub_state* state) {
  fail_on_unexpected(self);
  return {
    [self, state](const msg<wire::StartResearch>& wanted) -> caf::result<msg<wire::ResearchSession>> {
      if (state->failure)
        return state->failure;
      state->started.emplace_back(as_view(wanted->getId()));
      auto promise = self->make_response_promise<msg<wire::ResearchSession>>();
      auto answer = [promise, id = state->started.back()]() mutable { promise.deliver(research_session_called(id)); };
      if (state->hold)
        state->held.emplace_back(answer);
      else
        answer();
      return promise;
    },
    [](const msg<wire::ResearchIteration>& step) {
      return research_session_called(std::string{as_view(step->getId())});
    },
    [](const msg<wire::ResearchImprovement>& step) {
      return research_session_called(std::string{as_view(step->getId())});
    },
    [state](const msg<wire::FinishResearch>& how) {
      state->finished.emplace_back(as_view(how->getId()));
      return msg<wire::ResearchReport>{};
    },
    [state](release_atom) {
      for (auto& answer : std::exchange(state->held, {}))
        answer();
    },
  };
}

/// The installs of the node.
struct installer_stub_state {
  caf::error failure;
  std::vector<std::string> waited_for;
  std::vector<std::string> begun;
};

inline msg<wire::Install> install_of(wire::InstallBenchmark::Reader wanted, wire::InstallState state) {
  return msg<wire::Install>::build([&](wire::Install::Builder out) {
    out.setName(wanted.getName());
    out.setState(state);
  });
}

inline caf::behavior installer_stub(caf::event_based_actor* self, installer_stub_state* state) {
  fail_on_unexpected(self);
  return {
    [state](const msg<wire::InstallBenchmark>& wanted) -> caf::result<msg<wire::Install>> {
      if (state->failure)
        return state->failure;
      state->waited_for.emplace_back(as_view(wanted->getName()));
      return install_of(*wanted, wire::InstallState::INSTALLED);
    },
    [state](const msg<wire::StartInstall>& wanted) {
      state->begun.emplace_back(as_view(wanted->getRequest().getName()));
      return install_of(wanted->getRequest(), wire::InstallState::WAITING);
    },
  };
}

/// A connection of an engine, with the actor that stands for its session.
struct test_connection {
  caf::actor session;
  engine_caller caller;
};

/// The spawner of node `here`, which knows node `far`.
class spawner_scene : public testing::Test {
protected:
  spawner_scene() {
    options.keys = keys_of(1);
    options.policy.adapters = true;
    options.policy.research = true;
    options.policy.benchmarks = true;
    options.policy.quota = 3;
    options.policy.commands = {{"/bin/echo"}};
    hive.nodes = {{here.value, wire::MemberState::ACTIVE, {}, 0, "127.0.0.1:7"}, {far.value}};
  }

  ~spawner_scene() override {
    hive.held.clear();
    research.held.clear();
    if (spawner)
      tests.end(spawner);
  }

  void start() {
    auto make_adapter = [this](const msg<wire::CommandSpec>& spec) {
      specs.emplace_back(as_view(spec->getName()));
      adapters.push_back(tests.system().spawn<caf::hidden>(adapter_stub));
      return adapters.back();
    };
    spawner = spawn_spawner(
      tests.system(),
      {caf::actor_cast<hive_view_actor>(hive_actor), make_adapter, caf::actor_cast<research_actor>(research_actor_),
       caf::actor_cast<link_directory_actor>(hive_actor), caf::actor_cast<installer_actor>(installer)},
      options);
    tests.run();
  }

  test_connection connect(const engine_id& engine) {
    sessions_.push_back(tests.spawn_requester());
    return {sessions_.back(), {engine}};
  }
  test_connection connect() {
    return connect(engine7);
  }

  static msg<wire::SpawnSpec> echo(bool stay = false, const std::string& program = "/bin/echo") {
    return msg<wire::SpawnSpec>::build([&](wire::SpawnSpec::Builder out) {
      auto adapter = out.initAdapter();
      adapter.setName("echo");
      adapter.initCommand(1).set(0, program);
      out.setStay(stay);
    });
  }

  static msg<wire::SpawnSpec> study(const std::string& id, bool stay = false) {
    return msg<wire::SpawnSpec>::build([&](wire::SpawnSpec::Builder out) {
      auto what = out.initResearch();
      what.setId(id);
      what.setTopic("faster");
      out.setStay(stay);
    });
  }

  static msg<wire::SpawnSpec> benchmark(const std::string& name, bool wait = true) {
    return msg<wire::SpawnSpec>::build([&](wire::SpawnSpec::Builder out) {
      auto what = out.initBenchmark();
      what.setName(name);
      what.setRepoUrl("file:///bench");
      what.initRunCommand(1).set(0, "./measure");
      what.setWait(wait);
    });
  }

  test_reply<msg<wire::SpawnTicket>> request_ticket(const test_connection& from, const msg<wire::SpawnSpec>& spec,
                                                    const std::string& node = {},
                                                    const std::vector<std::string>& labels = {}) {
    auto wanted = msg<wire::SpawnRequest>::build([&](wire::SpawnRequest::Builder out) {
      out.setSpec(*spec);
      if (!node.empty())
        out.setNode(node);
      auto list = out.initLabels(static_cast<uint32_t>(labels.size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        list.set(i, labels[i]);
    });
    return send<msg<wire::SpawnTicket>>(from, wanted);
  }

  /// A ticket that node `far` issued for node `here`.
  msg<wire::SpawnTicket> ticket(const msg<wire::SpawnSpec>& spec, int64_t issued_at = now_unix_micros()) const {
    return issue_ticket(keys_of(2), engine7, here, *spec, "127.0.0.1:7", issued_at);
  }

  template <class Request = wire::SpawnAdapter, class Handle = adapter_actor>
  test_reply<Handle> show(const test_connection& from, const msg<wire::SpawnTicket>& ticket,
                          const msg<wire::SpawnSpec>& spec) {
    return send<Handle>(from, msg<Request>::build([&](typename Request::Builder out) {
                          out.setTicket(*ticket);
                          out.setSpec(*spec);
                        }));
  }

  /// Spawns an adapter with a new ticket of the connection's engine.
  test_reply<adapter_actor> spawn(const test_connection& from, bool stay = false) {
    auto spec = echo(stay);
    last_ticket = issue_ticket(keys_of(2), from.caller.engine, here, *spec, "", now_unix_micros());
    return show(from, last_ticket, spec);
  }

  test_reply<research_session_actor> spawn_study(const test_connection& from, const std::string& id,
                                                 bool stay = false) {
    auto spec = study(id, stay);
    last_ticket = issue_ticket(keys_of(2), from.caller.engine, here, *spec, "", now_unix_micros());
    return show<wire::SpawnResearch, research_session_actor>(from, last_ticket, spec);
  }

  /// Id of what was spawned with this ticket.
  static std::string id_of_spawned(const msg<wire::SpawnTicket>& ticket) {
    return read_ticket(*ticket).value().nonce;
  }

  test_reply<msg<wire::SpawnedEnded>> end_spawned(const test_connection& from, const std::string& id) {
    return send<msg<wire::SpawnedEnded>>(
      from, msg<wire::EndSpawned>::build([&](wire::EndSpawned::Builder out) { out.setId(id); }));
  }

  void release(const caf::actor& stub) {
    caf::anon_send(stub, release_atom::value);
    tests.run();
  }

  deterministic_system tests;
  hive_stub_state hive;
  research_stub_state research;
  installer_stub_state installs;
  caf::actor hive_actor = tests.system().spawn<caf::hidden>(hive_stub, &hive);
  caf::actor research_actor_ = tests.system().spawn<caf::hidden>(research_stub, &research);
  caf::actor installer = tests.system().spawn<caf::hidden>(installer_stub, &installs);
  std::vector<std::string> specs;      ///< names of the commands that got an adapter
  std::vector<adapter_actor> adapters; ///< in order of creation
  msg<wire::SpawnTicket> last_ticket;
  node_id here = id_of(keys_of(1));
  node_id far = id_of(keys_of(2));
  engine_id engine7{"engine7", std::string(32, '7')};
  engine_id engine8{"engine8", std::string(32, '8')};
  spawner_options options;
  spawner_actor spawner;

private:
  template <class Answer, class Request>
  test_reply<Answer> send(const test_connection& from, const msg<Request>& request) {
    return tests.ask_as<Answer>(from.session, spawner, engine_request<Request>{from.caller, request});
  }

  std::vector<caf::actor> sessions_; ///< keeps them alive
};

} // namespace hive
