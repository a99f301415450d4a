#include "messages/gossip.capnp.h"
#include "tests/cluster/hive.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>

// A hive of real nodes that is too large for a full mesh. Times are printed, not asserted, since the machine may be
// busy.

namespace hive::cluster {
namespace {

constexpr std::chrono::milliseconds pause{200}; // checking too often would slow down ten nodes
constexpr size_t nodes = 10, active = 3, slack = 1;
constexpr auto config = "[federation]\nmesh_limit = 4\nactive_links = 3\n";

size_t links_of(const hived_process& node) {
  return node.get("/api/v1/hive/status").as<wire::HiveStatus>()->getLinked();
}

bool is_among(const std::vector<size_t>& all, size_t i) {
  return std::ranges::find(all, i) != all.end();
}

class overlay_test : public testing::Test {
protected:
  bool have_few_links(const std::vector<size_t>& absent = {}) {
    for (size_t i = 0; i < nodes; ++i)
      if (!is_among(absent, i) && (links_of(hive_.at(i)) > active + slack || links_of(hive_.at(i)) < 2))
        return false;
    return true;
  }

  bool see(const std::vector<size_t>& those, const std::string& state, const std::vector<size_t>& absent = {}) {
    return std::ranges::all_of(those, [&](size_t i) { return hive_.all_see(i, state, absent); });
  }

  bool route_to(const std::string& tool, size_t but, const std::vector<size_t>& absent = {}) {
    for (size_t i = 0; i < nodes; ++i)
      if (i != but && !is_among(absent, i) && route(hive_.at(i), tool) != routed{tool, "hive", 9})
        return false;
    return true;
  }

  temporary_directory temp_;
  test_hive hive_{temp_.path(), nodes, config};
  std::vector<size_t> all_{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
};

TEST_F(overlay_test, a_hive_with_a_few_links_each_loses_three_nodes_at_once_and_gets_them_back) {
  ASSERT_TRUE(timed(
    "ten nodes hold the same", [&] { return hive_.is_converged(); }, pause));
  ASSERT_TRUE(timed(
    "all have a few links", [&] { return have_few_links(); }, pause));
  ASSERT_TRUE(timed(
    "all are active for all", [&] { return see(all_, "active"); }, pause));
  record(hive_.at(0), "first", "first", 9, 0);
  ASSERT_TRUE(timed(
    "a record on one changes the route on all", [&] { return route_to("first", 0); }, pause));

  const std::vector<size_t> killed{1, 4, 8};
  for (auto i : killed)
    hive_.kill(i);
  ASSERT_TRUE(timed(
    "the survivors take the killed nodes for stale", [&] { return see(killed, "stale", killed); }, pause));
  record(hive_.at(9), "second", "second", 9, 0);
  ASSERT_TRUE(timed(
    "a record reaches all survivors", [&] { return route_to("second", 9, killed); }, pause));
  ASSERT_TRUE(timed(
    "all survivors have a few links", [&] { return have_few_links(killed); }, pause));

  for (auto i : killed)
    hive_.restart(i);
  ASSERT_TRUE(timed(
    "all are active again for all", [&] { return see(all_, "active"); }, pause));
  ASSERT_TRUE(timed(
    "all hold the same again", [&] { return hive_.is_converged(); }, pause));
  ASSERT_TRUE(timed(
    "all have a few links again", [&] { return have_few_links(); }, pause));
  EXPECT_TRUE(timed(
    "those who were away know the record", [&] { return route_to("second", 9); }, pause));
}

TEST_F(overlay_test, a_stopped_node_refutes_through_those_who_hear_it) {
  ASSERT_TRUE(timed(
    "all are active for all", [&] { return have_few_links() && see(all_, "active"); }, pause));
  hive_.at(3).send(SIGSTOP);
  ASSERT_TRUE(timed(
    "a stopped node is missed by all", [&] { return hive_.all_see(3, "stale"); }, pause));
  hive_.at(3).send(SIGCONT);
  ASSERT_TRUE(timed(
    "it refutes and is active for all", [&] { return see(all_, "active"); }, pause));
  ASSERT_TRUE(timed(
    "all hold the same", [&] { return hive_.is_converged(); }, pause));
}

} // namespace
} // namespace hive::cluster
