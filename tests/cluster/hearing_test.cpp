#include "messages/gossip.capnp.h"
#include "messages/text.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/cluster/hive.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>

// Real nodes that are started on an earlier copy of their data directory, or while others are gone: they hear what
// others hold of their slots before they publish anything.

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class hearing_nodes : public testing::Test {
protected:
  static constexpr size_t victim = 1;

  void make_hive(size_t nodes, const std::string& config = {}) {
    hive_ = std::make_unique<test_hive>(temp_.path(), nodes, config);
    ASSERT_TRUE(timed("all hold the same", [&] { return hive_->is_converged(); }));
  }

  /// Configures a place for the notes of all nodes.
  std::string with_notes() const {
    return "[federation]\nrun_directory = \"" + (temp_.path() / "run").string() + "\"\n";
  }

  fs::path data() const {
    return temp_.path() / ("node" + std::to_string(victim)) / "data";
  }

  void back_up() {
    hive_->at(victim).send(SIGTERM);
    ASSERT_EQ(hive_->at(victim).await_end(), (process_end{0, 0})) << hive_->at(victim).log();
    fs::copy(data(), temp_.path() / "backup", fs::copy_options::recursive);
    hive_->restart(victim);
  }

  void put_back() {
    fs::remove_all(data());
    fs::copy(temp_.path() / "backup", data(), fs::copy_options::recursive);
  }

  void kill_all() {
    for (size_t i = 0; i < hive_->size(); ++i)
      hive_->kill(i);
  }

  std::string hearing(size_t i) const {
    return hive_->at(i).get("/api/v1/hive/status").as<wire::HiveStatus>()->getHearing().cStr();
  }

  bool is_told_to_all(const std::string& tool) const {
    for (size_t i = 0; i < hive_->size(); ++i)
      if (i != victim && route(hive_->at(i), tool).tool != tool)
        return false;
    return true;
  }

  /// All have heard, hold the same, see the victim, and nobody is in quarantine anywhere.
  void expect_whole() {
    EXPECT_TRUE(timed("all hold the same again", [&] { return hive_->is_converged(); })) << hive_->at(victim).log();
    EXPECT_TRUE(timed("the victim is active for all", [&] { return hive_->all_see(victim, "active"); }))
      << hive_->at(victim).log();
    for (size_t i = 0; i < hive_->size(); ++i) {
      EXPECT_TRUE(wait_until([&] { return hearing(i).empty(); })) << hearing(i);
      EXPECT_EQ(hive_->at(i).get("/api/v1/hive/status").as<wire::HiveStatus>()->getQuarantined().size(), 0U)
        << hive_->at(i).log();
    }
  }

  temporary_directory temp_;
  std::unique_ptr<test_hive> hive_;
};

/// The life that is lost used the very epoch in which the restored node starts.
TEST_F(hearing_nodes, a_node_that_lost_one_life_is_not_quarantined) {
  make_hive(4);
  back_up();
  record(hive_->at(victim), "first", "first", 9, 0);
  ASSERT_TRUE(timed("the life is known to all", [&] { return hive_->is_converged() && is_told_to_all("first"); }));
  hive_->kill(victim);
  put_back();
  hive_->restart(victim);
  EXPECT_TRUE(timed("it goes on in a later epoch",
                    [&] { return hive_->at(victim).lines_with({"continuing in a later epoch"}) > 0; }))
    << hive_->at(victim).log();
  record(hive_->at(victim), "second", "second", 9, 0);
  EXPECT_TRUE(timed("what it measures counts", [&] { return is_told_to_all("second"); }));
  expect_whole();
}

TEST_F(hearing_nodes, all_that_lost_power_together_hear_each_other_with_one_disk_set_back) {
  make_hive(4);
  back_up();
  record(hive_->at(victim), "first", "first", 9, 0);
  ASSERT_TRUE(timed("the life is known to all", [&] { return hive_->is_converged() && is_told_to_all("first"); }));
  kill_all();
  put_back();
  for (size_t i = 0; i < hive_->size(); ++i)
    hive_->restart(i);
  record(hive_->at(victim), "second", "second", 9, 0);
  EXPECT_TRUE(timed("what it measures counts", [&] { return is_told_to_all("second"); }));
  expect_whole();
}

TEST_F(hearing_nodes, a_node_serves_while_all_others_are_dead_says_what_it_waits_for_and_is_told_to_go_on) {
  make_hive(3);
  kill_all();
  hive_->restart(victim);
  auto& node = hive_->at(victim);
  EXPECT_THAT(hearing(victim), HasSubstr("heard 0, linked with 0, knows 2"));
  EXPECT_THAT(test::hivectl("http://" + node.endpoint(), {"node", "status"}).out,
              HasSubstr("Waiting      This node publishes nothing until"));
  record(node, "alone", "ruff", 9, 0);
  EXPECT_EQ(route(node, "alone").tool, "ruff");
  EXPECT_EQ(node.get("/readyz").status, 200);
  EXPECT_EQ(node.anonymous("POST", "/api/v1/hive/vouch", "{}").status, 403) << "that is the operator's to say";
  auto answer = node.post("/api/v1/hive/vouch", "{}");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.as<wire::HiveStatus>()->getHearing().size(), 0U);
  EXPECT_EQ(node.lines_with({"The operator vouches for the store"}), 1U);
  hive_->restart(0);
  hive_->restart(2);
  EXPECT_TRUE(timed("its figures reach the others", [&] { return route(hive_->at(0), "alone").tool == "ruff"; }));
  expect_whole();
}

TEST_F(hearing_nodes, one_dead_node_delays_the_others_by_seconds) {
  make_hive(3);
  hive_->kill(2);
  hive_->kill(victim);
  hive_->restart(victim);
  EXPECT_TRUE(timed("it has heard", [&] { return hearing(victim).empty(); }));
  record(hive_->at(victim), "late", "ruff", 9, 0);
  EXPECT_TRUE(timed("its figures reach the other", [&] { return route(hive_->at(0), "late").tool == "ruff"; }));
  EXPECT_EQ(hive_->at(victim).lines_with({"No linked node told in time"}), 0U);
}

TEST_F(hearing_nodes, a_note_outside_of_the_data_directory_tells_a_restart_from_an_old_disk) {
  make_hive(3, with_notes());
  back_up();
  record(hive_->at(victim), "first", "first", 9, 0);
  ASSERT_TRUE(timed("the life is known to all", [&] { return hive_->is_converged() && is_told_to_all("first"); }));
  kill_all();
  hive_->restart(victim);
  EXPECT_EQ(hearing(victim), "") << "it was killed, and its disk is current";
  hive_->kill(victim);
  put_back();
  hive_->restart(victim);
  EXPECT_THAT(hearing(victim), HasSubstr("heard 0, linked with 0, knows 2"));
  hive_->restart(0);
  hive_->restart(2);
  expect_whole();
  EXPECT_GT(hive_->at(victim).lines_with({"continuing in a later epoch"}), 0U) << hive_->at(victim).log();
}

} // namespace
} // namespace hive::cluster
