#include "apps/hivectl/cluster_upgrade_view.hpp"

#include "tests/apps/hivectl/upgrade_samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using ctl::end_of_upgrade;
using ctl::exit_status;
using ctl::upgrade_goal;

const std::vector<std::string> all_upgrade_samples{"announced", "queued",       "refused",    "pending",  "held",
                                                   "approved",  "canary",       "complete",   "rejected", "aborted",
                                                   "conflict",  "rolling_back", "rolled_back"};

std::optional<exit_status> end_of_sample(const std::string& name, upgrade_goal goal, bool is_held_enough = true) {
  auto upgrade = upgrade_sample(name);
  return end_of_upgrade(*upgrade, goal, is_held_enough);
}

TEST(cluster_upgrade_view, samples_are_what_a_node_writes) {
  for (const auto& name : all_upgrade_samples)
    EXPECT_EQ(to_pretty_json(upgrade_sample(name)) + "\n", upgrade_json(name)) << name;
}

TEST(end_of_upgrade, only_an_approval_is_a_yes) {
  for (const auto& name : all_upgrade_samples) {
    bool is_yes = name == "approved" || name == "canary" || name == "complete";
    EXPECT_EQ(end_of_sample(name, upgrade_goal::decision) == exit_status::done, is_yes) << name;
    EXPECT_EQ(end_of_sample(name, upgrade_goal::rollout) == exit_status::done, name == "complete") << name;
  }
}

TEST(end_of_upgrade, says_what_became_of_it) {
  for (auto goal : {upgrade_goal::decision, upgrade_goal::rollout}) {
    EXPECT_EQ(end_of_sample("rejected", goal), exit_status::rejected);
    EXPECT_EQ(end_of_sample("rolled_back", goal), exit_status::rejected);
    EXPECT_EQ(end_of_sample("aborted", goal), exit_status::inconclusive);
    EXPECT_EQ(end_of_sample("refused", goal), exit_status::refused);
    EXPECT_EQ(end_of_sample("conflict", goal), exit_status::inconclusive) << "two decisions are none";
    for (const auto* waiting : {"announced", "queued", "pending"})
      EXPECT_EQ(end_of_sample(waiting, goal), std::nullopt) << waiting;
  }
}

TEST(end_of_upgrade, what_is_rolled_back_is_a_no_before_the_rollback_has_ended) {
  EXPECT_EQ(end_of_sample("rolling_back", upgrade_goal::decision), exit_status::rejected);
  EXPECT_EQ(end_of_sample("rolling_back", upgrade_goal::rollout), std::nullopt);
  EXPECT_EQ(end_of_sample("canary", upgrade_goal::rollout), std::nullopt);
}

TEST(end_of_upgrade, what_is_held_is_over_only_for_those_who_say_so) {
  EXPECT_EQ(end_of_sample("held", upgrade_goal::decision, true), exit_status::inconclusive);
  EXPECT_EQ(end_of_sample("held", upgrade_goal::decision, false), std::nullopt);
}

TEST(end_of_upgrade, nothing_that_is_final_is_waited_for) {
  for (const auto& name : all_upgrade_samples) {
    auto json = upgrade_json(name);
    if (auto place = json.find("\"final\": false"); place != std::string::npos)
      json.replace(place, 14, "\"final\": true");
    auto upgrade = parse<wire::ClusterUpgrade>(json);
    EXPECT_NE(end_of_upgrade(*upgrade, upgrade_goal::rollout, false), std::nullopt) << name;
  }
}

} // namespace
} // namespace hive::test
