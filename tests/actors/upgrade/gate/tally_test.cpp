#include "tests/actors/upgrade/gate/gate_fixture.hpp"

#include <gtest/gtest.h>

namespace hive::gate::testing {
namespace {

using policy = wire::GatePolicy;
using tier = wire::NodeTier;
using verdict = wire::Verdict;

/// One letter per member: s safe, r regressed, i inconclusive, - none; upper case: it judged heavy metrics as well.
statements votes_of(const proposal& what, const std::string& said) {
  statements out;
  for (rank i = 0; i < said.size(); ++i) {
    auto letter = static_cast<char>(std::tolower(said[i]));
    if (letter == '-')
      continue;
    auto verdict = letter == 's' ? verdict::SAFE : letter == 'r' ? verdict::REGRESSED : verdict::INCONCLUSIVE;
    out.push_back(make_vote(i, what.id(), {.verdict = verdict, .heavy = letter != said[i]}));
  }
  return out;
}

tally_result result_of(const proposal_setup& setup, const std::string& said, const quarantine_set& quarantined = {}) {
  auto what = make_proposal(setup);
  return count_votes(*what, 0, votes_of(*what, said), quarantined).result;
}

struct row {
  policy how;
  rank members;
  std::string said;
  tally_result result;
};

constexpr auto held = tally_result::held;
constexpr auto satisfied = tally_result::satisfied;
constexpr auto impossible = tally_result::impossible;

TEST(tally, follows_the_table_of_policies) {
  const std::vector<row> table{
    {policy::ALL, 1, "s", satisfied},
    {policy::ALL, 1, "-", held},
    {policy::ALL, 1, "i", held},
    {policy::ALL, 1, "r", impossible},
    {policy::ALL, 3, "sss", satisfied},
    {policy::ALL, 3, "ss-", held},
    {policy::ALL, 3, "ssi", held},
    {policy::ALL, 3, "ssr", impossible},
    {policy::ALL, 3, "--r", impossible},
    {policy::ALL, 3, "---", held},
    {policy::MAJORITY, 3, "ss-", satisfied},
    {policy::MAJORITY, 3, "ssr", satisfied},
    {policy::MAJORITY, 3, "s--", held},
    {policy::MAJORITY, 3, "s-r", held},
    {policy::MAJORITY, 3, "-rr", impossible},
    {policy::MAJORITY, 3, "iii", held},
    {policy::MAJORITY, 4, "ss--", held}, // half is no majority
    {policy::MAJORITY, 4, "sss-", satisfied},
    {policy::MAJORITY, 4, "ssrr", impossible}, // and half against makes one impossible
    {policy::MAJORITY, 4, "---r", held},
    {policy::MAJORITY, 5, "sss--", satisfied},
    {policy::MAJORITY, 5, "ss-rr", held},
    {policy::MAJORITY, 5, "--rrr", impossible},
  };
  for (const auto& each : table)
    EXPECT_EQ(result_of({.electorate = members(each.members), .policy = each.how}, each.said), each.result)
      << static_cast<int>(each.how) << " " << each.said;
}

TEST(tally, weighs_members_under_the_weighted_policy_alone) {
  proposal_setup setup{.electorate = {{0, 5}, {1, 2}, {2, 2}}, .policy = policy::WEIGHTED};
  EXPECT_EQ(result_of(setup, "s--"), satisfied); // 5 of 9
  EXPECT_EQ(result_of(setup, "-ss"), held);      // 4 of 9
  EXPECT_EQ(result_of(setup, "r--"), impossible);
  EXPECT_EQ(result_of(setup, "srr"), satisfied);
  setup.electorate = {{0, 2}, {1, 1}, {2, 1}};
  EXPECT_EQ(result_of(setup, "s--"), held); // half of the weight
  EXPECT_EQ(result_of(setup, "r--"), impossible);
  setup.policy = policy::MAJORITY;
  EXPECT_EQ(result_of(setup, "-ss"), satisfied);
}

TEST(tally, wants_a_safe_vote_of_each_required_tier) {
  proposal_setup setup{.electorate = {{0, 3, tier::FLAT}, {1, 3, tier::FLAT}, {2, 1, tier::CENTRAL}},
                       .policy = policy::WEIGHTED,
                       .required_tiers = {tier::CENTRAL}};
  EXPECT_EQ(result_of(setup, "ss-"), held);
  EXPECT_EQ(result_of(setup, "sss"), satisfied);
  EXPECT_EQ(result_of(setup, "ssr"), impossible); // nobody of that tier is left
  setup.required_tiers = {};
  EXPECT_EQ(result_of(setup, "ss-"), satisfied);
}

TEST(tally, derives_nothing_without_the_votes_that_judged_heavy_metrics) {
  proposal_setup setup{.heavy_votes = 1};
  EXPECT_EQ(result_of(setup, "sss"), held);
  EXPECT_EQ(result_of(setup, "ssS"), satisfied);
  EXPECT_EQ(result_of(setup, "ssr"), held);
  EXPECT_EQ(result_of(setup, "ssR"), impossible);
  setup.heavy_votes = 2;
  EXPECT_EQ(result_of(setup, "ssS"), held);
  EXPECT_EQ(result_of(setup, "sSS"), satisfied);
  EXPECT_EQ(result_of(setup, "sSI"), held);
}

TEST(tally, keeps_quarantined_members_in_the_denominator) {
  proposal_setup setup{.policy = policy::MAJORITY};
  EXPECT_EQ(result_of(setup, "ss-", {id_of(1)}), held);
  EXPECT_EQ(result_of(setup, "sss", {id_of(1)}), satisfied);
  EXPECT_EQ(result_of(setup, "-rr", {id_of(1)}), held);
  setup.policy = policy::ALL;
  EXPECT_EQ(result_of(setup, "sss", {id_of(1)}), held);
}

TEST(tally, counts_a_member_once_whatever_it_has_signed) {
  auto what = make_proposal({.policy = policy::MAJORITY});
  statements votes;
  for (uint8_t attempt = 0; attempt < 3; ++attempt)
    for (uint64_t start = 1; start < 4; ++start)
      votes.push_back(make_vote(0, what->id(), {.attempt = attempt, .start = start, .version = attempt + 1u}));
  auto counted = count_votes(*what, 0, votes, {});
  EXPECT_EQ(counted.result, held);
  EXPECT_EQ(counted.votes().size(), 1u);
  EXPECT_EQ(counted.votes().front()->vote()->getStart(), 3u);
  EXPECT_EQ(counted.votes().front()->vote()->getAttempt(), 2u);
}

TEST(tally, takes_the_worse_of_two_votes_under_one_ballot_in_any_order) {
  auto what = make_proposal({.policy = policy::MAJORITY});
  auto safe = make_vote(0, what->id());
  auto regressed = make_vote(0, what->id(), {.verdict = verdict::REGRESSED, .version = 2});
  auto other = make_vote(1, what->id());
  EXPECT_EQ(count_votes(*what, 0, {safe, regressed, other}, {}).result, held);
  EXPECT_EQ(count_votes(*what, 0, {other, regressed, safe}, {}).result, held);
}

TEST(tally, passes_over_votes_of_others_and_on_something_else) {
  auto what = make_proposal({.electorate = {{0}, {1}}});
  auto other = make_proposal({.electorate = {{0}, {1}}, .nonce = "2"});
  auto mine = make_vote(0, what->id());
  EXPECT_EQ(count_votes(*what, 0, {mine, make_vote(2, what->id())}, {}).result, held);
  EXPECT_EQ(count_votes(*what, 0, {mine, make_vote(1, other->id())}, {}).result, held);
  EXPECT_EQ(count_votes(*what, 0, {mine, make_vote(1, what->id(), {.stage = 1})}, {}).result, held);
  EXPECT_EQ(count_votes(*what, 0, {mine, make_vote(1, what->id())}, {}).result, satisfied);
}

TEST(tally, says_who_is_missing_and_why) {
  auto what = make_proposal({.electorate = members(4)});
  statements votes{make_vote(0, what->id()), make_vote(1, what->id(), {.verdict = verdict::INCONCLUSIVE})};
  EXPECT_EQ(count_votes(*what, 0, votes, {id_of(3)}).why, "1 of 4 safe; no vote: " + id_of(2).value +
                                                            "; quarantined: " + id_of(3).value +
                                                            "; inconclusive: " + id_of(1).value);
}

} // namespace
} // namespace hive::gate::testing
