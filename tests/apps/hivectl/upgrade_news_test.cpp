#include "apps/hivectl/upgrade_news.hpp"

#include "tests/apps/hivectl/upgrade_samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class upgrade_news : public testing::Test {
protected:
  std::vector<std::string> look_at(const std::string& json) {
    auto upgrade = parse<wire::ClusterUpgrade>(json);
    return news_.since_last(*upgrade);
  }

  std::vector<std::string> look_at_sample(const std::string& name) {
    return look_at(upgrade_json(name));
  }

private:
  ctl::upgrade_news news_;
};

TEST_F(upgrade_news, tells_votes_as_they_come) {
  EXPECT_THAT(look_at_sample("announced"), ElementsAre("announced", "awaited: n1, n2, n3, n4, n5"));
  EXPECT_THAT(look_at_sample("pending"),
              ElementsAre("n1 votes safe (1 of 5 have voted)", "pending", "awaited: n2, n3, n4, n5"));
  EXPECT_THAT(look_at_sample("pending"), IsEmpty()) << "each thing is told once";
  EXPECT_THAT(look_at_sample("rejected"),
              ElementsAre("n2 votes safe (5 of 5 have voted)",
                          "n3 votes regressed: latency.p99: 120 ms -> 180 ms (+50.0%) (5 of 5 have voted)",
                          "n4 votes safe (5 of 5 have voted)", "n5 votes safe (5 of 5 have voted)",
                          "rejected: n3: latency.p99 120 ms -> 180 ms (+50.0%)"));
}

TEST_F(upgrade_news, tells_why_it_is_held_and_who_is_awaited) {
  look_at_sample("pending");
  auto lines = look_at_sample("held");
  EXPECT_THAT(lines, Contains("held: n5 has not voted, and its deadline is over"));
  EXPECT_THAT(lines, Contains("awaited: n5"));
}

TEST_F(upgrade_news, tells_the_votes_that_approved_although_those_on_the_stage_are_awaited) {
  auto lines = look_at_sample("approved");
  for (const auto* who : {"n1", "n2", "n3", "n4", "n5"})
    EXPECT_THAT(lines, Contains(std::string{who} + " votes safe (5 of 5 have voted)"));
  EXPECT_THAT(lines, Contains(HasSubstr("approved, rollout canary 1/5: 5 of 5 members voted safe")));
}

TEST_F(upgrade_news, tells_the_stage_its_criteria_and_hooks) {
  look_at_sample("approved");
  EXPECT_THAT(look_at_sample("canary"),
              ElementsAre("n4: deploy ended with status 0", "stage 1 of 2, for 600 s; canaries: n4",
                          "stage 1, error_rate: safe: 0.010 beside 0.011",
                          "stage 1, task_success: inconclusive: 12 of 200 tasks are seen",
                          "stage 1: inconclusive: 35 of 600 s are observed"));
  auto later = upgrade_json("canary");
  later.replace(later.find("35 of 600"), 2, "36");
  later.replace(later.find("12 of 200"), 2, "13");
  EXPECT_THAT(look_at(later), IsEmpty()) << "figures change all the time";
  EXPECT_THAT(look_at_sample("rolled_back"),
              ElementsAre("n4: rollback ended with status 0", "n5: rollback skipped: nothing had been deployed there",
                          "approved, rollout rolled back: n4 regressed in stage 1: error_rate"));
}

TEST_F(upgrade_news, tells_of_liars_and_stops) {
  look_at_sample("approved");
  auto json = upgrade_json("approved");
  json.insert(json.find("\"awaited\": true"), R"("quarantined": true, "lying": true, )");
  json.insert(json.find("\"final\""), R"("stopping": true, "notice": "a hook was missed", )");
  EXPECT_THAT(look_at(json), ElementsAre("n1 is in quarantine: its vote enters no decision",
                                         "n1 was found lying since its vote was counted",
                                         "an operator has asked to stop it", "a hook was missed"));
  EXPECT_THAT(look_at(json), IsEmpty());
  EXPECT_THAT(look_at_sample("conflict"), Contains(HasSubstr("two decisions are sealed, so members lie")));
}

} // namespace
} // namespace hive::test
