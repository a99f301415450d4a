#include "actors/upgrade/cluster/member_vote.hpp"

#include "actors/upgrade/cluster/proposal_request.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "storage/snapshot_store.hpp"
#include "tests/actors/upgrade/decision/decided_hive.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

struct member_vote_test : testing::Test {
  temporary_directory temp;
  std::shared_ptr<database> db = std::move(*database::open({.directory = temp.path()}));
  test::decided_hive hive{3, 3};
  uint64_t captures = 0;

  void capture(const std::string& version, double latency, wire::Tier tier = wire::Tier::FAST) {
    auto snapshot = msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
      out.setVersion(version);
      out.setCaptureId(++captures);
      out.setTier(tier);
      auto metric = out.initMetrics(1)[0];
      metric.setName("latency");
      metric.setAdapter("bench");
      metric.setUnit("turns");
      metric.setValue(latency);
      metric.setDirection(wire::Direction::LOWER);
    });
    ASSERT_FALSE(db->write(*snapshot_store{*db}.keep(snapshot, {captures})));
  }

  gate::proposal_ptr proposal(wire::ProposedJudge judge) {
    auto request = msg<wire::ProposeUpgrade>::build([&](wire::ProposeUpgrade::Builder out) {
      out.setFrom("v1");
      out.setTo("v2");
      out.setJudge(judge);
    });
    auto body = gate::to_canonical<wire::GateProposal>(**to_proposal(*request, 0, *hive.first(), {}, 1));
    return *gate::proposal::from(gate::data_of(body.bytes()));
  }

  member_vote judge(wire::ProposedJudge by = wire::ProposedJudge::STRICT) {
    auto voted = judge_versions(*db, *proposal(by), "main", {});
    EXPECT_TRUE(voted) << text_of(voted.error());
    return voted ? *voted : member_vote{};
  }
};

TEST_F(member_vote_test, equal_versions_are_safe_and_the_vote_names_its_document) {
  capture("v1", 100);
  capture("v2", 100);
  auto voted = judge();
  EXPECT_EQ(voted.vote->getVerdict(), wire::Verdict::SAFE);
  EXPECT_TRUE(voted.vote->getJudgedFast());
  EXPECT_FALSE(voted.vote->getJudgedHeavy());
  ASSERT_TRUE(voted.document);
  EXPECT_EQ(to_hex(gate::digest_of(voted.vote->getInputsHash())), voted.document_hash);
}

TEST_F(member_vote_test, a_regressed_vote_names_the_metric_with_both_values) {
  capture("v1", 100);
  capture("v2", 130);
  auto voted = judge();
  EXPECT_EQ(voted.vote->getVerdict(), wire::Verdict::REGRESSED);
  ASSERT_GE(voted.vote->getReasons().size(), 1u);
  EXPECT_EQ(as_view(voted.vote->getReasons()[0].getMetric()), "bench.latency");
  EXPECT_EQ(as_view(voted.vote->getReasons()[0].getText()), "100 -> 130 (+30.0%)");
}

TEST_F(member_vote_test, a_version_that_was_never_captured_is_inconclusive_under_every_policy) {
  capture("v1", 100);
  for (auto by : {wire::ProposedJudge::STRICT, wire::ProposedJudge::THRESHOLD, wire::ProposedJudge::STATISTICAL}) {
    auto voted = judge(by);
    EXPECT_EQ(voted.vote->getVerdict(), wire::Verdict::INCONCLUSIVE);
    EXPECT_GE(voted.vote->getReasons().size(), 1u);
  }
}

TEST_F(member_vote_test, nothing_at_all_is_inconclusive_under_every_policy) {
  for (auto by : {wire::ProposedJudge::STRICT, wire::ProposedJudge::THRESHOLD, wire::ProposedJudge::STATISTICAL})
    EXPECT_EQ(judge(by).vote->getVerdict(), wire::Verdict::INCONCLUSIVE);
}

TEST_F(member_vote_test, heavy_metrics_count_as_judged_when_both_versions_have_them) {
  capture("v1", 100, wire::Tier::HEAVY);
  capture("v2", 100);
  EXPECT_FALSE(judge().vote->getJudgedHeavy());
  capture("v2", 100, wire::Tier::HEAVY);
  EXPECT_TRUE(judge().vote->getJudgedHeavy());
}

TEST_F(member_vote_test, a_vote_on_a_stage_says_which_criterion_decided) {
  analysis::stage_judgement judged;
  judged.decided = analysis::verdict::regressed;
  judged.criteria.push_back({analysis::canary_criterion::success_rate, analysis::verdict::regressed, "10% fail", {}});
  judged.criteria.push_back({analysis::canary_criterion::responding, analysis::verdict::safe, "all heard", {}});
  auto voted = vote_on_stage(*proposal(wire::ProposedJudge::STRICT), 1, judged);
  EXPECT_EQ(voted.vote->getStage(), 1u);
  EXPECT_EQ(voted.vote->getVerdict(), wire::Verdict::REGRESSED);
  ASSERT_EQ(voted.vote->getReasons().size(), 1u);
  EXPECT_EQ(as_view(voted.vote->getReasons()[0].getMetric()), "success_rate");
  EXPECT_EQ(as_view(voted.vote->getReasons()[0].getText()), "10% fail");
}

} // namespace
} // namespace hive
