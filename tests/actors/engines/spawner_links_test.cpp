#include "tests/actors/engines/spawner_scene.hpp"

// What other nodes spawn here over their links, for engines that they serve over HTTP.

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class spawner_links_test : public spawner_scene {
protected:
  /// A ticket of node `far` for an engine that it serves.
  msg<wire::SpawnTicket> link_ticket(const msg<wire::SpawnSpec>& spec, const std::string& engine = "engine7") const {
    return issue_ticket(keys_of(2), http_engine(far, engine), here, *spec, "", now_unix_micros());
  }

  template <class Request = wire::SpawnAdapter, class Handle = adapter_actor>
  test_reply<Handle> show(const msg<wire::SpawnTicket>& ticket, const msg<wire::SpawnSpec>& spec, const node_id& over) {
    auto order = msg<Request>::build([&](typename Request::Builder out) {
      out.setTicket(*ticket);
      out.setSpec(*spec);
    });
    return tests.ask_as<Handle>(other_node, spawner, link_request<Request>{over, order});
  }

  test_reply<adapter_actor> spawn_over_link(bool stay = false, const std::string& engine = "engine7") {
    auto spec = echo(stay);
    last_ticket = link_ticket(spec, engine);
    return show(last_ticket, spec, far);
  }

  test_reply<msg<wire::SpawnedEnded>> end_over_link(const std::string& id, const std::string& engine) {
    auto what = msg<wire::EndSpawned>::build([&](wire::EndSpawned::Builder out) {
      out.setId(id);
      out.setEngine(engine);
    });
    return tests.ask_as<msg<wire::SpawnedEnded>>(other_node, spawner, link_request<wire::EndSpawned>{far, what});
  }

  std::vector<spawned_here> list() {
    return tests.ask<std::vector<spawned_here>>(spawner, spawned_here_query{}).answer();
  }

  caf::actor other_node = tests.spawn_requester(); ///< acts for the engines of node `far`
};

TEST_F(spawner_links_test, a_node_spawns_for_its_engines_under_the_rules_of_this_one) {
  start();
  auto first = spawn_over_link().answer();
  EXPECT_THAT(adapters, ElementsAre(first));
  auto other_program = echo(false, "/bin/sh");
  expect_refused(show(link_ticket(other_program), other_program, far), ec::forbidden, "engines.commands");
  expect_refused(spawn_over_link(true), ec::forbidden, "engines.stay_allowed");
  spawn_over_link().answer();
  spawn_over_link().answer();
  expect_refused(spawn_over_link(), ec::overloaded, "engine engine7 has 3 spawned actors");
  expect_refused(spawn(connect()), ec::overloaded, "quota");
  EXPECT_NO_THROW(spawn_over_link(false, "engine8").answer()) << "each engine has its own quota";
}

TEST_F(spawner_links_test, a_session_is_spawned_and_finished_when_its_node_is_gone) {
  start();
  auto spec = study("s1");
  auto session = show<wire::SpawnResearch, research_session_actor>(link_ticket(spec), spec, far).answer();
  EXPECT_THAT(research.started, ElementsAre("s1"));
  tests.end(other_node);
  EXPECT_FALSE(tests.is_alive(session));
  EXPECT_THAT(research.finished, ElementsAre("s1"));
}

TEST_F(spawner_links_test, what_a_node_spawned_ends_with_the_actor_that_asked_for_it) {
  options.policy.stay = true;
  start();
  spawn_over_link().answer();
  spawn_over_link(true).answer();
  spawn(connect()).answer();
  tests.end(other_node);
  EXPECT_FALSE(tests.is_alive(adapters[0]));
  EXPECT_TRUE(tests.is_alive(adapters[1])) << "it may stay";
  EXPECT_TRUE(tests.is_alive(adapters[2])) << "another engine's";
}

TEST_F(spawner_links_test, a_ticket_holds_over_the_link_of_its_issuer_alone) {
  start();
  auto spec = echo();
  auto good = link_ticket(spec);
  expect_refused(show(good, spec, {"elsewhere"}), ec::forbidden,
                 "node elsewhere shows a ticket that node " + far.value);
  expect_refused(spawner_scene::show(connect(), good, spec), ec::forbidden, "with another certificate");
  expect_refused(show(ticket(spec), spec, far), ec::forbidden, "with another certificate");
  expect_refused(show(good, echo(true), far), ec::forbidden, "something else");
  expect_refused(show(msg<wire::SpawnTicket>{}, spec, far), ec::malformed, "ticket");
  EXPECT_THAT(adapters, IsEmpty());
  show(good, spec, far).answer();
  expect_refused(show(good, spec, far), ec::forbidden, "used before");
}

TEST_F(spawner_links_test, a_node_ends_what_it_spawned_for_the_engine_that_it_names) {
  start();
  spawn_over_link().answer();
  auto id = id_of_spawned(last_ticket);
  expect_refused(end_over_link(id, "engine8"), ec::not_found, "engine engine8 has no spawned actor " + id);
  expect_refused(end_over_link(id, ""), ec::not_found, id);
  EXPECT_EQ(as_view(end_over_link(id, "engine7").answer()->getId()), id);
  EXPECT_FALSE(tests.is_alive(adapters[0]));
}

TEST_F(spawner_links_test, a_ticket_for_an_engine_over_http_needs_a_link_or_a_door_to_dial) {
  start();
  auto wanted = msg<wire::SpawnRequest>::build([&](wire::SpawnRequest::Builder out) {
    out.setSpec(*echo());
    out.setNode(far.value);
  });
  auto ask = [&] {
    return tests.ask<msg<wire::SpawnTicket>>(
      spawner, engine_request<wire::SpawnRequest>{{http_engine(here, "engine7"), spawn_path::link}, wanted});
  };
  hive.nodes[1].address = "";
  expect_refused(ask(), ec::unavailable, "has no door");
  hive.nodes[1].linked = true;
  EXPECT_EQ(read_ticket(*ask().answer())->target, far);
}

TEST_F(spawner_links_test, the_link_of_a_node_that_spawned_here_is_in_use) {
  start();
  EXPECT_THAT(hive.links_in_use, IsEmpty());
  spawn(connect()).answer();
  EXPECT_THAT(hive.links_in_use, IsEmpty()) << "over a connection of its own";
  spawn_over_link().answer();
  spawn_over_link().answer();
  EXPECT_THAT(hive.links_in_use, ElementsAre(far));
  tests.end(adapters[1]);
  EXPECT_THAT(hive.links_in_use, ElementsAre(far));
  tests.end(adapters[2]);
  EXPECT_THAT(hive.links_in_use, IsEmpty());
}

TEST_F(spawner_links_test, what_lives_here_is_listed_with_who_asked_for_it) {
  options.policy.stay = true;
  start();
  EXPECT_THAT(list(), IsEmpty());
  auto engine = connect();
  spawn_study(engine, "s1", true).answer();
  auto session = id_of_spawned(last_ticket);
  spawn_over_link().answer();
  std::map<std::string, spawned_here> listed;
  for (const auto& each : list())
    listed[each.what->getId().cStr()] = each;
  ASSERT_EQ(listed.size(), 2U);
  const auto& own = listed.at(session);
  EXPECT_EQ(own.asker, engine.session.address());
  EXPECT_EQ(own.via.value, "");
  EXPECT_EQ(as_view(own.what->getEngine()), "engine7");
  EXPECT_EQ(as_view(own.what->getName()), "s1");
  EXPECT_EQ(own.what->getKind(), wire::SpawnedKind::RESEARCH);
  EXPECT_TRUE(own.what->getStay());
  const auto& linked = listed.at(id_of_spawned(last_ticket));
  EXPECT_EQ(linked.asker, other_node.address());
  EXPECT_EQ(linked.via, far);
  EXPECT_EQ(as_view(linked.what->getNode()), here.value);
  EXPECT_EQ(as_view(linked.what->getName()), "echo");
  EXPECT_GT(linked.what->getStartedAt(), 0);
  tests.end(engine.session);
  tests.end(other_node);
  ASSERT_EQ(list().size(), 1U);
  EXPECT_FALSE(list()[0].asker) << "it has outlived who asked for it";
}

} // namespace
} // namespace hive
