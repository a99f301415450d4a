#include "tests/actors/upgrade/gate/gate_fixture.hpp"

#include <gtest/gtest.h>

namespace hive::gate::testing {
namespace {

TEST(generation, has_quorums_that_meet_and_acknowledgements_that_meet_every_quorum) {
  struct row {
    rank members;
    uint8_t slack;
    size_t quorum, acknowledgements;
  };
  for (auto each : {row{1, 0, 1, 0}, row{2, 0, 2, 1}, row{3, 0, 2, 2}, row{4, 0, 3, 2}, row{5, 0, 3, 3},
                    row{32, 0, 17, 16}, row{4, 1, 3, 2}, row{5, 1, 4, 2}}) {
    auto made = make_generation(each.members, each.slack);
    EXPECT_EQ(made->quorum(), each.quorum) << int{each.members};
    EXPECT_EQ(made->acknowledgements(), each.acknowledgements) << int{each.members};
    EXPECT_GT(2 * made->quorum(), size_t{each.members} + each.slack);
    if (each.members > 1) { // others in a quorum, and acknowledgers: more than there are others
      EXPECT_GT(made->quorum() - 1 + made->acknowledgements(), size_t{each.members} - 1);
    }
  }
}

TEST(generation, gives_each_member_its_turn) {
  auto made = make_generation(3);
  EXPECT_EQ(made->owner_of(1, 0), 1);
  EXPECT_EQ(made->owner_of(1, 1), 2);
  EXPECT_EQ(made->owner_of(1, 2), 0);
  EXPECT_EQ(made->owner_of(2, 0), 2);
}

TEST(generation, refuses_members_that_are_there_twice_or_out_of_order) {
  EXPECT_FALSE(try_generation({{0}, {0}}));
  EXPECT_FALSE(try_generation({{1}, {0}}));
  EXPECT_FALSE(try_generation({}));
  EXPECT_TRUE(try_generation({{0}, {1}}));
}

TEST(generation, has_a_hash_over_all_that_it_says) {
  auto base = make_generation(3);
  EXPECT_EQ(base->hash(), make_generation(3)->hash());
  EXPECT_NE(base->hash(), make_generation(4)->hash());
  EXPECT_NE(base->hash(), make_generation(3, 1)->hash());
  EXPECT_NE(base->hash(), must(try_generation({{0, 2}, {1}, {2}}))->hash());
  EXPECT_NE(base->hash(), must(try_generation(members(3), 0, 2, base.get()))->hash());
}

TEST(proposal, has_the_hash_of_its_canonical_bytes_as_its_id) {
  auto body = make_body({});
  auto made = must(proposal::from(data_of(body.bytes())));
  EXPECT_EQ(made->id(), sha256(body.bytes()));
  EXPECT_NE(made->id(), make_proposal({.nonce = "2"})->id());
  EXPECT_EQ(made->bytes(), body.bytes());
}

TEST(proposal, refuses_bytes_that_are_not_canonical) {
  auto body = make_body({});
  // A list that was made and given up leaves a gap.
  auto other = msg<wire::GateProposal>::build([&](wire::GateProposal::Builder out) {
    out.setFrom("some other version");
    out.setFrom("v1");
    out.setTo("v2");
    fill(out.initElectorate(3), members(3));
    out.initStages(1)[0].setSharePermille(400);
    out.setNonce(data_of("1"));
  });
  EXPECT_NE(other.bytes(), body.bytes());
  EXPECT_FALSE(proposal::from(data_of(other.bytes())));
  EXPECT_TRUE(proposal::from(data_of(to_canonical<wire::GateProposal>(*other).bytes())));
}

TEST(proposal, takes_canaries_of_each_tier_and_leaves_one_to_compare_with) {
  using tier = wire::NodeTier;
  auto whole = make_proposal({.electorate = members(5), .shares = {100, 400, 1000}});
  EXPECT_EQ(whole->canaries(1).size(), 1u);
  EXPECT_EQ(whole->canaries(2).size(), 2u);
  EXPECT_EQ(whole->canaries(3).size(), 4u);
  EXPECT_TRUE(whole->canaries(0).empty());
  EXPECT_TRUE(whole->canaries(4).empty());
  for (auto canary : whole->canaries(1))
    EXPECT_NE(std::ranges::count(whole->canaries(2), canary), 0);
  EXPECT_EQ(make_proposal({.electorate = members(1)})->canaries(1).size(), 1u);
  auto mixed =
    make_proposal({.electorate = {{0, 1, tier::FLAT}, {1, 1, tier::FLAT}, {2, 1, tier::CENTRAL}, {3, 1, tier::CENTRAL}},
                   .shares = {500}});
  auto chosen = mixed->canaries(1);
  ASSERT_EQ(chosen.size(), 2u);
  EXPECT_LT(chosen[0], 2);
  EXPECT_GE(chosen[1], 2);
}

TEST(proposal, has_an_electorate_among_the_sealers) {
  auto what = make_proposal({.electorate = members(3)});
  EXPECT_FALSE(what->check(*make_generation(3)));
  EXPECT_TRUE(what->check(*make_generation(2)));
}

TEST(hook_token, differs_in_all_that_names_a_hook) {
  using action = wire::GateAction;
  auto base = hook_token(0, digest{1}, 1, action::DEPLOY, id_of(0));
  EXPECT_EQ(base, hook_token(0, digest{1}, 1, action::DEPLOY, id_of(0)));
  EXPECT_NE(base, hook_token(1, digest{1}, 1, action::DEPLOY, id_of(0)));
  EXPECT_NE(base, hook_token(0, digest{2}, 1, action::DEPLOY, id_of(0)));
  EXPECT_NE(base, hook_token(0, digest{1}, 2, action::DEPLOY, id_of(0)));
  EXPECT_NE(base, hook_token(0, digest{1}, 1, action::ROLLBACK, id_of(0)));
  EXPECT_NE(base, hook_token(0, digest{1}, 1, action::DEPLOY, id_of(1)));
}

} // namespace
} // namespace hive::gate::testing
