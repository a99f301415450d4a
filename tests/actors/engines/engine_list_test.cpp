#include "actors/engines/engine_list.hpp"

#include "messages/json.hpp"
#include "tests/support/deterministic_system.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

msg<wire::Spawned> spawned(const std::string& id, const std::string& engine) {
  return msg<wire::Spawned>::build([&](wire::Spawned::Builder out) {
    out.setId(id);
    out.setEngine(engine);
  });
}

class engine_list_test : public testing::Test {
protected:
  /// NAME PROTOCOL [REMOTE] [<VIA]: IDS…
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    auto list = list_engines(known);
    for (auto engine : list->getEngines()) {
      auto line =
        std::string{engine.getName().cStr()} + (engine.getProtocol() == wire::EngineProtocol::CAF ? " caf" : " http");
      if (engine.hasRemote())
        line += std::string{" "} + engine.getRemote().cStr();
      if (engine.hasVia())
        line += std::string{" <"} + engine.getVia().cStr();
      line += ":";
      for (auto each : engine.getSpawned())
        line += std::string{" "} + each.getId().cStr();
      out.push_back(line);
    }
    return out;
  }

  caf::actor_addr make_actor() {
    actors_.push_back(tests_.spawn_requester());
    return actors_.back().address();
  }

  known_engines known;

private:
  deterministic_system tests_;
  std::vector<caf::actor> actors_;
};

TEST_F(engine_list_test, of_a_node_without_engines_is_empty) {
  EXPECT_TRUE(lines().empty());
}

TEST_F(engine_list_test, has_each_connection_with_what_lives_here) {
  auto first = make_actor(), second = make_actor();
  known.connected = {{"e7", "127.0.0.1:2", 5, second}, {"e7", "127.0.0.1:1", 4, first}, {"e1", "127.0.0.1:3", 6, {}}};
  known.here = {{spawned("a", "e7"), {}, first}, {spawned("b", "e7"), {}, second}, {spawned("c", "e7"), {}, first}};
  EXPECT_EQ(lines(),
            (std::vector<std::string>{"e1 caf 127.0.0.1:3:", "e7 caf 127.0.0.1:1: a c", "e7 caf 127.0.0.1:2: b"}));
  EXPECT_EQ(list_engines(known)->getEngines()[1].getConnectedAt(), 4);
}

TEST_F(engine_list_test, has_what_outlived_its_connection) {
  known.here = {{spawned("a", "e7"), {}, {}}};
  EXPECT_EQ(lines(), (std::vector<std::string>{"e7 caf: a"}));
}

TEST_F(engine_list_test, has_what_other_nodes_spawned_here_and_each_thing_of_this_nodes_http_once) {
  known.own_asker = make_actor();
  auto other = make_actor();
  spawned_record here{"a", "py", {"n1"}, wire::SpawnedKind::ADAPTER, "echo"}, there = here;
  there.id = "b";
  there.node = {"n2"};
  auto over = here;
  over.id = "z";
  over.state = wire::SpawnedState::ENDED;
  known.over_http = {&here, &over, &there};
  known.here = {{spawned("a", "py"), {}, known.own_asker}, {spawned("c", "py"), {"n3"}, other}};
  EXPECT_EQ(lines(), (std::vector<std::string>{"py http: a b", "py http <n3: c"}));
}

} // namespace
} // namespace hive
