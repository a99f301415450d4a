#include "tests/cluster/hive.hpp"
#include "tests/cluster/hive_ca.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include "messages/gossip.capnp.h"
#include "messages/text.hpp"
#include "tests/paths.hpp"

#include <gmock/gmock.h>

// In a hive of three, the clock of one running node jumps ahead by a year, and back. Certificates are valid for days.

namespace hive::cluster {
namespace {

using testing::DoubleNear;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t year_s = 365 * 86'400;
constexpr size_t jumping = 2;

class clock_jump : public testing::TestWithParam<int64_t> {
protected:
  void jump_by(int64_t seconds) {
    auto next = put_file(temp_.path() / "next", std::to_string(seconds));
    std::filesystem::rename(next, jump_file_);
  }

  msg<wire::HiveStatus> status(size_t i) {
    return hive_.at(i).get("/api/v1/hive/status").as<wire::HiveStatus>();
  }

  std::string warning(size_t i) {
    return status(i)->getClockWarning().cStr();
  }

  /// Adds five records on each node and expects the nodes in `by` to receive those of the two others.
  void expect_records_flow(const std::string& task, const std::vector<size_t>& by) {
    for (size_t i = 0; i < hive_.size(); ++i)
      record(hive_.at(i), task, "ruff", 5, 0);
    for (auto i : by)
      EXPECT_TRUE(wait_until([&] { return hive_samples(hive_.at(i), task) == 10; }))
        << "node " << i << " has " << hive_samples(hive_.at(i), task) << " of " << task << "\n"
        << hive_.at(i).log();
  }

  void expect_nobody_quarantined() {
    for (size_t i = 0; i < hive_.size(); ++i)
      EXPECT_EQ(status(i)->getQuarantined().size(), 0U) << "on node " << i << "\n" << hive_.at(i).log();
  }

  void start(size_t i, hived_options& node) {
    ca_.secure(node, "node" + std::to_string(i));
    if (i == jumping)
      node.wrapper = {"/usr/bin/env", "LD_PRELOAD=" HIVE_CLOCK_JUMP_FILE, "CLOCK_JUMP=" + jump_file_.string(),
                      "ASAN_OPTIONS=verify_asan_link_order=0"};
  }

  temporary_directory temp_;
  std::filesystem::path jump_file_ = temp_.path() / "jump";
  hive_ca ca_{temp_.path() / "ca"};
  test_hive hive_{temp_.path(), 3, "", [this](size_t i, hived_options& node) { start(i, node); }};
};

TEST_P(clock_jump, is_its_own_nodes_alone) {
  ASSERT_TRUE(wait_until([&] { return hive_.is_converged(); }));
  expect_records_flow("before", {0, 1, 2});
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_THAT(warning(i), IsEmpty());
    EXPECT_THAT(status(i)->getClockAheadMs(), DoubleNear(0, 5'000));
  }

  jump_by(GetParam());
  const std::string direction = GetParam() > 0 ? " ahead of" : " behind";
  EXPECT_TRUE(wait_until([&] { return !warning(0).empty() && !warning(1).empty() && !warning(jumping).empty(); }));
  EXPECT_THAT(warning(jumping), HasSubstr("this node's clock is 315"));
  EXPECT_THAT(warning(jumping), HasSubstr(direction));
  EXPECT_THAT(status(jumping)->getClockAheadMs(), DoubleNear(1e3 * static_cast<double>(GetParam()), 5'000));
  EXPECT_TRUE(wait_until(
    [&] { return hive_.at(jumping).log().find("Local clock deviates from the hive") != std::string::npos; }));
  for (size_t i : {0, 1}) {
    EXPECT_THAT(warning(i), HasSubstr("the clock of node " + hive_.at(jumping).node() + " is 315"));
    EXPECT_THAT(warning(i), HasSubstr(direction));
    EXPECT_THAT(status(i)->getClockAheadMs(), DoubleNear(0, 5'000));
    ASSERT_EQ(status(i)->getClocksOff().size(), 1U);
    EXPECT_THAT(hive_.at(i).log(), testing::Not(HasSubstr("Local clock deviates from the hive")));
  }
  expect_records_flow("during", {0, 1, 2});
  for (size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(hive_.all_see(i, "active")) << "node " << i;

  // A new link needs valid certificates: they are valid on the two other nodes, but not by the clock that jumped.
  hive_.kill(1);
  hive_.restart(1);
  ASSERT_TRUE(
    wait_until([&] { return hive_.all_see(1, "active", {jumping}) && hive_.all_see(0, "active", {jumping}); }));
  expect_records_flow("restarted", {0, 1});
  EXPECT_TRUE(wait_until([&] { return hive_.at(jumping).log().find("certificate") != std::string::npos; }));
  expect_nobody_quarantined();

  jump_by(0);
  EXPECT_TRUE(wait_until([&] { return warning(0).empty() && warning(1).empty() && warning(jumping).empty(); }));
  EXPECT_TRUE(wait_until([&] { return hive_.at(jumping).log().find("linked with it agree") != std::string::npos; }));
  expect_records_flow("after", {0, 1, 2});
  EXPECT_TRUE(wait_until([&] { return hive_.is_converged(); }));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(wait_until([&] { return hive_.all_see(i, "active"); })) << "node " << i;
    for (auto* task : {"before", "during", "restarted", "after"})
      EXPECT_EQ(hive_samples(hive_.at(i), task), 10U) << task << " on node " << i;
  }
  expect_nobody_quarantined();
}

INSTANTIATE_TEST_SUITE_P(by_a_year, clock_jump, testing::Values(year_s, -year_s),
                         [](const auto& by) { return by.param > 0 ? "forward" : "back"; });

} // namespace
} // namespace hive::cluster
