#include "messages/change.hpp"
#include "messages/gossip.capnp.h"
#include "messages/node.capnp.h"
#include "messages/text.hpp"
#include "storage/database.hpp"
#include "storage/keys.hpp"
#include "tests/cluster/hive.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>

// Real nodes whose data directory is an old copy, whose epoch was lost, or that run on two copies of one directory. Few
// of them are linked, so that most learn about each other from others.

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds pause{200};
constexpr size_t nodes = 6, victim = 3;
constexpr auto config = "[federation]\nmesh_limit = 2\nactive_links = 2\n";

bool has_logged(const hived_process& node, const std::string& what) {
  return node.log().find(what) != std::string::npos;
}

class copied_store_test : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_TRUE(timed(
      "all hold the same", [&] { return hive_.is_converged(); }, pause));
  }

  fs::path data() const {
    return temp_.path() / ("node" + std::to_string(victim)) / "data";
  }

  /// Stops the node gracefully, so that its store can be copied.
  void stop() {
    hive_.at(victim).send(SIGTERM);
    ASSERT_EQ(hive_.at(victim).await_end(), (process_end{0, 0})) << hive_.at(victim).log();
  }

  /// Starts the node again, with new records to publish.
  void live_again(const std::string& tool) {
    hive_.restart(victim);
    record(hive_.at(victim), tool, tool, 9, 0);
    ASSERT_TRUE(timed(
      "another life is known to all", [&] { return hive_.is_converged() && told_to_all(tool); }, pause));
    stop();
  }

  bool told_to_all(const std::string& tool) {
    for (size_t i = 0; i < nodes; ++i)
      if (i != victim && route(hive_.at(i), tool).tool != tool)
        return false;
    return true;
  }

  void expect_whole_again() {
    EXPECT_TRUE(timed(
      "it goes on in a later epoch", [&] { return has_logged(hive_.at(victim), "continuing in a later epoch epoch="); },
      pause))
      << hive_.at(victim).log();
    EXPECT_TRUE(timed(
      "it is active for all", [&] { return hive_.all_see(victim, "active"); }, pause))
      << hive_.at(victim).log();
    EXPECT_TRUE(timed(
      "all hold the same", [&] { return hive_.is_converged(); }, pause))
      << hive_.at(victim).log();
  }

  bool is_missed_by_all() {
    for (size_t i = 0; i < nodes; ++i)
      if (i != victim && hive_.is_seen(i, victim, "active"))
        return false;
    return true;
  }

  temporary_directory temp_;
  test_hive hive_{temp_.path(), nodes, config};
};

TEST_F(copied_store_test, a_restored_node_goes_on_in_a_later_epoch_and_refutes_in_it) {
  stop();
  fs::copy(data(), temp_.path() / "backup", fs::copy_options::recursive);
  live_again("first");
  live_again("second");
  fs::remove_all(data());
  fs::rename(temp_.path() / "backup", data());
  hive_.restart(victim);
  expect_whole_again();
  record(hive_.at(victim), "third", "third", 9, 0);
  EXPECT_TRUE(timed(
    "what it measures counts", [&] { return told_to_all("third"); }, pause));

  hive_.at(victim).send(SIGSTOP);
  EXPECT_TRUE(timed(
    "all miss it", [&] { return is_missed_by_all(); }, pause));
  hive_.at(victim).send(SIGCONT);
  expect_whole_again();
}

TEST_F(copied_store_test, a_node_whose_epoch_is_behind_its_own_slots_goes_on_in_a_later_one) {
  stop();
  live_again("first");
  live_again("second");
  {
    auto db = database::open({.directory = data()});
    ASSERT_TRUE(db);
    auto meta = (*db)->get_msg<wire::NodeMeta>(column::meta, keys::node());
    ASSERT_TRUE(meta && *meta);
    write_set writes;
    writes.put(column::meta, keys::node(),
               changed(**meta, [](wire::NodeMeta::Builder out) { out.setEpoch(1); }).bytes());
    ASSERT_FALSE((*db)->write(writes));
  }
  hive_.restart(victim);
  expect_whole_again();
}

TEST_F(copied_store_test, of_two_nodes_with_one_identity_one_falls_silent_and_says_what_to_do) {
  constexpr auto complaint = "Another node runs with this node's identity";
  stop();
  hived_options twin{.directory = temp_.path() / "twin", .config = config};
  fs::create_directories(twin.directory);
  fs::copy(data(), twin.directory / "data", fs::copy_options::recursive);
  {
    hived_process alone{twin}; // this start puts the two nodes in different epochs, so they never use the same stamp
    alone.await_ready();
  }
  hive_.restart(victim);
  twin.arguments = {"--name", "twin", "--door", "127.0.0.1:0"};
  for (size_t i = 0; i < nodes; ++i)
    if (i != victim)
      twin.arguments.insert(twin.arguments.end(), {"--join", hive_.at(i).door()});
  hived_process second{twin};
  second.await_ready();
  EXPECT_TRUE(timed(
    "one of the two falls silent",
    [&] { return has_logged(second, complaint) || has_logged(hive_.at(victim), complaint); }, pause))
    << hive_.at(victim).log() << "----\n"
    << second.log();
  size_t noticed = 0;
  for (size_t i = 0; i < nodes; ++i)
    noticed += i != victim && has_logged(hive_.at(i), "or another node runs with its identity");
  EXPECT_GT(noticed, 0U);
}

} // namespace
} // namespace hive::cluster
