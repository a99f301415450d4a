#include "actors/upgrade/cluster/proposal_request.hpp"

#include "messages/text.hpp"
#include "tests/actors/upgrade/decision/decided_hive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

struct proposal_request : testing::Test {
  test::decided_hive hive{4, 3};
  proposal_defaults defaults;

  caf::expected<msg<wire::GateProposal>> propose(const std::function<void(wire::ProposeUpgrade::Builder)>& change =
                                                   [](wire::ProposeUpgrade::Builder) {}) {
    auto request = msg<wire::ProposeUpgrade>::build([&](wire::ProposeUpgrade::Builder out) {
      out.setFrom("v1");
      out.setTo("v2");
      change(out);
    });
    return to_proposal(*request, 0, *hive.first(), defaults, 7);
  }

  void expect_refused(ec code, const std::string& text, const std::function<void(wire::ProposeUpgrade::Builder)>& of) {
    auto made = propose(of);
    ASSERT_FALSE(made);
    EXPECT_EQ(code_of(made.error()), code);
    EXPECT_THAT(text_of(made.error()), HasSubstr(text));
  }
};

TEST_F(proposal_request, asks_all_members_and_rolls_out_over_one_canary_by_default) {
  auto made = propose();
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->getElectorate().size(), 3u);
  EXPECT_EQ((*made)->getPolicy(), wire::GatePolicy::ALL);
  EXPECT_EQ((*made)->getJudge(), wire::Policy::STATISTICAL);
  ASSERT_EQ((*made)->getStages().size(), 1u);
  EXPECT_EQ((*made)->getStages()[0].getSharePermille(), 1u);
  EXPECT_EQ((*made)->getStages()[0].getDurationS(), 600u);
}

TEST_F(proposal_request, takes_what_it_does_not_say_from_the_configuration) {
  defaults = {wire::GatePolicy::MAJORITY, wire::Policy::STRICT, 2};
  auto made = propose();
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->getPolicy(), wire::GatePolicy::MAJORITY);
  EXPECT_EQ((*made)->getJudge(), wire::Policy::STRICT);
  EXPECT_EQ((*made)->getHeavyVotes(), 2u);
  auto other = propose([](wire::ProposeUpgrade::Builder out) {
    out.setPolicy(wire::ProposedPolicy::WEIGHTED);
    out.setJudge(wire::ProposedJudge::THRESHOLD);
    out.setHeavyVotes(1);
  });
  ASSERT_TRUE(other);
  EXPECT_EQ((*other)->getPolicy(), wire::GatePolicy::WEIGHTED);
  EXPECT_EQ((*other)->getJudge(), wire::Policy::THRESHOLD);
  EXPECT_EQ((*other)->getHeavyVotes(), 1u);
}

TEST_F(proposal_request, counts_the_votes_of_the_members_that_it_names) {
  auto made = propose([&](wire::ProposeUpgrade::Builder out) {
    auto members = out.initMembers(2);
    members.set(0, hive.id(2).value);
    members.set(1, hive.id(0).value);
  });
  ASSERT_TRUE(made);
  ASSERT_EQ((*made)->getElectorate().size(), 2u);
  EXPECT_EQ((*made)->getElectorate()[0].getNode(), hive.id(0).value.c_str());
  EXPECT_EQ((*made)->getElectorate()[1].getNode(), hive.id(2).value.c_str());
}

TEST_F(proposal_request, names_a_node_that_is_no_member) {
  expect_refused(ec::unsupported, hive.id(3).value, [&](wire::ProposeUpgrade::Builder out) {
    auto members = out.initMembers(2);
    members.set(0, hive.id(0).value);
    members.set(1, hive.id(3).value);
  });
}

TEST_F(proposal_request, refuses_what_no_votes_can_approve) {
  expect_refused(ec::invalid, "/heavy_votes", [](auto out) { out.setHeavyVotes(4); });
  expect_refused(ec::invalid, "/required_tiers", [](auto out) {
    out.setPolicy(wire::ProposedPolicy::WEIGHTED);
    out.initRequiredTiers(1).set(0, wire::NodeTier::CENTRAL);
  });
  expect_refused(ec::invalid, "/required_tiers",
                 [](auto out) { out.initRequiredTiers(1).set(0, wire::NodeTier::FLAT); });
  expect_refused(ec::invalid, "/to", [](auto out) { out.setTo("v1"); });
  expect_refused(ec::invalid, "/judge", [](auto out) {
    out.setMeasure(true);
    out.setJudge(wire::ProposedJudge::STRICT);
  });
  expect_refused(ec::invalid, "/margins", [](auto out) {
    out.initMargins(1)[0].setMetric("bench.latency");
    out.setJudge(wire::ProposedJudge::STRICT);
  });
  expect_refused(ec::invalid, "/stages/1/share", [](auto out) {
    auto stages = out.initStages(2);
    stages[0].setShare(.5);
    stages[0].setDurationS(1);
    stages[1].setShare(.2);
    stages[1].setDurationS(1);
  });
}

} // namespace
} // namespace hive
