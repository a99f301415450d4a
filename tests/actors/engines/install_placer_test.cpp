#include "actors/engines/install_placer.hpp"

#include "messages/engine.capnp.h"
#include "messages/install.capnp.h"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "tests/actors/engines/engine_actors.hpp"
#include "tests/actors/hive/hive_test.hpp"
#include "tests/support/deterministic_system.hpp"

#include <map>
#include <vector>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Someone who installs: this node's installer, or another node behind its link.
struct installing {
  caf::error failure = {};
  bool hold = false; ///< answers nothing
  std::vector<std::string> waited_for = {};
  std::vector<std::string> begun = {};
  std::vector<caf::typed_response_promise<msg<wire::Install>>> held = {};
};

msg<wire::Install> named(const std::string& name) {
  return msg<wire::Install>::build([&](wire::Install::Builder out) { out.setName(name); });
}

caf::behavior own_installer_stub(caf::event_based_actor* self, installing* state) {
  fail_on_unexpected(self);
  return {
    [state](const msg<wire::InstallBenchmark>& wanted) {
      EXPECT_FALSE(wanted->hasPlace());
      state->waited_for.emplace_back(as_view(wanted->getName()));
      return named(state->waited_for.back());
    },
    [state](const msg<wire::StartInstall>& wanted) {
      state->begun.emplace_back(as_view(wanted->getRequest().getName()));
      return named(state->begun.back());
    },
  };
}

caf::behavior other_node_stub(caf::event_based_actor* self, installing* state) {
  fail_on_unexpected(self);
  return {
    [self, state](const msg<wire::InstallThere>& asked) -> caf::result<msg<wire::Install>> {
      if (state->failure)
        return state->failure;
      EXPECT_FALSE(asked->getSpec().getBenchmark().hasPlace());
      state->waited_for.emplace_back(as_view(asked->getSpec().getBenchmark().getName()));
      auto promise = self->make_response_promise<msg<wire::Install>>();
      if (state->hold)
        state->held.push_back(promise);
      else
        promise.deliver(named(state->waited_for.back()));
      return promise;
    },
    [state](release_atom) {
      for (auto& promise : state->held)
        promise.deliver(named("b1"));
    },
  };
}

/// What the placer asked of the spawner and of the links.
struct asked_for {
  node_id here;
  caf::error failure = {};
  std::vector<msg<wire::SpawnRequest>> tickets = {};
  std::map<node_id, caf::actor> links = {};
  std::set<node_id> in_use = {}; ///< as last told
};

caf::behavior placement_stub(caf::event_based_actor* self, asked_for* state) {
  fail_on_unexpected(self);
  return {
    [state](const engine_request<wire::SpawnRequest>& asked) -> caf::result<msg<wire::SpawnTicket>> {
      if (state->failure)
        return state->failure;
      EXPECT_EQ(asked.caller.path, spawn_path::link);
      state->tickets.push_back(asked.request);
      node_id target{asked.request->hasNode() ? asked.request->getNode().cStr() : state->here.value};
      return issue_ticket(keys_of(1), asked.caller.engine, target, asked.request->getSpec(), "", now_unix_micros());
    },
    [state](const link_query& query) -> caf::result<spawning_link_actor> {
      auto found = state->links.find(query.node);
      if (found == state->links.end())
        return fail(ec::unavailable, "this node has no link with node " + query.node.value);
      return caf::actor_cast<spawning_link_actor>(found->second);
    },
    [state](const links_in_use& what) {
      EXPECT_EQ(what.by, link_user::installs);
      state->in_use = what.nodes;
    },
  };
}

class install_placer_test : public testing::Test {
protected:
  install_placer_test() {
    services.links[far] = link;
  }

  ~install_placer_test() override {
    away.held.clear();
    tests.end(placer);
  }

  test_reply<msg<wire::Install>> install(const std::string& more = {}) {
    auto json = R"({"name":"b1","repo_url":"file:///b","run_command":["x"])" + more + "}";
    return tests.ask<msg<wire::Install>>(placer, from_json<wire::InstallBenchmark>(json).value());
  }

  std::string on(const node_id& node) const {
    return R"(,"place":{"node":")" + node.value + "\"}";
  }

  deterministic_system tests;
  const node_id here = id_of(keys_of(1)), far = id_of(keys_of(2));
  installing own, away;
  asked_for services{here};
  caf::actor link = tests.system().spawn<caf::hidden>(other_node_stub, &away);
  caf::actor others = tests.system().spawn<caf::hidden>(placement_stub, &services);
  install_placer_actor placer =
    spawn_install_placer(tests.system(),
                         {caf::actor_cast<installer_actor>(tests.system().spawn<caf::hidden>(own_installer_stub, &own)),
                          caf::actor_cast<spawner_actor>(others), caf::actor_cast<link_directory_actor>(others)},
                         {here});
};

TEST_F(install_placer_test, without_a_place_installs_here_and_asks_nobody) {
  services.failure = fail(ec::forbidden, "nothing may be placed");
  install().answer();
  EXPECT_THAT(own.waited_for, ElementsAre("b1"));
  EXPECT_THAT(services.tickets, IsEmpty());
}

TEST_F(install_placer_test, asks_for_the_place_and_takes_this_node_too) {
  install(R"(,"place":{"labels":["big"],"tier":"regional"},"min_vram_gb":4)").answer();
  EXPECT_THAT(own.waited_for, ElementsAre("b1"));
  ASSERT_EQ(services.tickets.size(), 1U);
  const auto& asked = services.tickets[0];
  EXPECT_EQ(as_view(asked->getLabels()[0]), "big");
  EXPECT_EQ(asked->getTier(), wire::NodeTier::REGIONAL);
  EXPECT_EQ(asked->getSpec().getBenchmark().getMinVramGb(), 4);
}

TEST_F(install_placer_test, installs_on_another_node_whose_link_is_in_use_meanwhile) {
  away.hold = true;
  auto reply = install(on(far));
  EXPECT_THAT(away.waited_for, ElementsAre("b1"));
  EXPECT_THAT(services.in_use, ElementsAre(far));
  caf::anon_send(link, release_atom::value);
  tests.run();
  EXPECT_EQ(as_view(reply.answer()->getName()), "b1");
  EXPECT_THAT(services.in_use, IsEmpty());
  EXPECT_THAT(own.waited_for, IsEmpty());
}

TEST_F(install_placer_test, errors_name_the_node) {
  away.failure = fail(ec::forbidden, "not allowed");
  expect_refused(install(on(far)), ec::forbidden, "node " + far.value + ": not allowed");
  EXPECT_THAT(services.in_use, IsEmpty());
  services.links.clear();
  expect_refused(install(on(far)), ec::unavailable, "no link");
  services.failure = fail(ec::not_found, "no node has it");
  expect_refused(install(on(far)), ec::not_found, "no node has it");
}

TEST_F(install_placer_test, a_lost_link_leaves_the_outcome_open) {
  away.hold = true;
  auto reply = install(on(far));
  tests.end(link);
  tests.run();
  expect_refused(reply, ec::outcome_unknown, "may go on there");
  EXPECT_THAT(services.in_use, IsEmpty());
}

TEST_F(install_placer_test, one_that_is_not_to_wait_begins) {
  auto begun = msg<wire::InstallBenchmark>::build([&](wire::InstallBenchmark::Builder out) {
    out.setName("b1");
    out.setRepoUrl("file:///b");
    out.initRunCommand(1).set(0, "x");
    out.setWait(false);
  });
  tests.ask<msg<wire::Install>>(placer, begun).answer();
  EXPECT_THAT(own.begun, ElementsAre("b1"));
  EXPECT_THAT(own.waited_for, IsEmpty());
}

} // namespace
} // namespace hive
