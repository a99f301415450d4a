#include "messages/baseline.capnp.h"
#include "storage/baseline_store.hpp"
#include "tests/cluster/http_node.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <iostream>

// Known agents cost disk, not memory. How soon a node with very many serves, and how much memory it needs, is printed,
// not asserted. HIVE_SOAK=1 takes the full count.

namespace hive::cluster {
namespace {

constexpr uint64_t agents_normally = 20'000;
constexpr uint64_t agents_when_soaking = 1'000'000;
constexpr uint64_t agents_per_write = 10'000;
constexpr uint64_t questions = 1'000;

using clock = std::chrono::steady_clock;

std::string prompt(uint64_t number) {
  return "prompt-" + std::to_string(number);
}

/// An agent as it is after a capture of a recipe of five actions.
msg<wire::Agent> known_agent(uint64_t number) {
  return msg<wire::Agent>::build([&](wire::Agent::Builder out) {
    out.setPromptId(prompt(number));
    out.setFlowId("0");
    out.setState(wire::AgentState::HEALTHY);
    out.setChangedAt(1'700'000'000'000'000 + static_cast<int64_t>(number) * 1'000'000);
    out.setLatest(3);
    out.setBaselines(3);
    for (auto figures : {out.initReference(), out.initAnchor(), out.initPresent()}) {
      uint32_t id = 0;
      for (auto action : figures.initActions(5)) {
        action.setId(std::to_string(++id));
        action.setRate(0.9);
      }
    }
  });
}

class many_agents : public testing::Test {
protected:
  /// Adds agents to the store of a node that is not running.
  void fill(uint64_t agents) const {
    auto db = database::open({.directory = temp_.path() / "data"});
    ASSERT_TRUE(db) << text_of(db.error());
    for (uint64_t first = 0; first < agents; first += agents_per_write) {
      write_set writes;
      for (uint64_t i = first; i < std::min(first + agents_per_write, agents); ++i)
        baseline_store::put_agent(writes, {}, known_agent(i));
      ASSERT_FALSE((*db)->write(writes));
    }
  }

  temporary_directory temp_;
};

TEST_F(many_agents, cost_disk_and_not_memory) {
  auto agents = is_soak() ? agents_when_soaking : agents_normally;
  hived_options options{.directory = temp_.path(), .data = temp_.path() / "data"};
  hived_process{options}.await_ready(); // makes the store
  fill(agents);
  auto begin = clock::now();
  hived_process node{options};
  node.await_ready();
  auto list = node.get("/api/v1/agents?limit=1").as<wire::AgentList>();
  auto serving = std::chrono::duration<double>(clock::now() - begin).count();
  EXPECT_EQ(list->getKnown(), agents);
  for (uint64_t i = 0; i < questions; ++i) {
    auto agent = prompt(i * 7'919 % agents);
    ASSERT_EQ(node.get("/api/v1/agents/" + agent + "/0/validate?policy=threshold").status, 200);
  }
  EXPECT_EQ(node.get("/api/v1/agents/unknown/0").status, 404);
  EXPECT_EQ(node.get("/api/v1/agents?limit=1").as<wire::AgentList>()->getKnown(), agents);
  std::cout << agents << " known agents: serving after " << serving << " s, " << node.memory_mib("VmRSS")
            << " MiB resident after " << questions << " validations, " << node.memory_mib("VmHWM") << " MiB at most\n";
}

} // namespace
} // namespace hive::cluster
