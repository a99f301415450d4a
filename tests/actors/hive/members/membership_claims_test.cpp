#include "tests/actors/hive/members/membership_fixture.hpp"

#include <map>
#include <random>

// What other nodes claim, and what this node tells them.

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(membership_test, refutes_claims_about_itself) {
  members_.link_up(peer, 1, now_);
  EXPECT_THAT(members_.claims_to_send(10), IsEmpty());
  EXPECT_FALSE(claim(self, {7, 0}, suspect));
  EXPECT_EQ(members_.own_incarnation(), (incarnation{7, 1}));
  auto sent = members_.claims_to_send(10);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].node, self);
  EXPECT_EQ(sent[0].about, (incarnation{7, 1}));
  EXPECT_EQ(sent[0].state, active);
  EXPECT_FALSE(claim(self, {7, 0}, dead)) << "refuted already";
  EXPECT_EQ(members_.own_incarnation(), (incarnation{7, 1}));
  EXPECT_FALSE(claim(self, {6, 9}, dead)) << "of an earlier start";
  EXPECT_EQ(members_.own_incarnation(), (incarnation{7, 1}));
}

TEST_F(membership_test, without_a_link_it_believes_the_others_and_the_refutation) {
  know(peer);
  pass(20s);
  EXPECT_EQ(members_.state_of(peer), active) << "nobody missed it";
  claim(peer, {1, 0}, suspect);
  EXPECT_EQ(members_.state_of(peer), suspect);
  claim(peer, {1, 1}, active);
  EXPECT_EQ(members_.state_of(peer), active);
  claim(peer, {1, 0}, dead);
  EXPECT_EQ(members_.state_of(peer), active) << "an old claim";
  claim(peer, {1, 1}, suspect);
  pass(1500ms);
  EXPECT_EQ(members_.state_of(peer), stale);
}

TEST_F(membership_test, contact_outweighs_claims_which_are_passed_on) {
  members_.link_up(peer, 1, now_);
  pass(1s, {peer});
  claim(peer, {1, 0}, suspect);
  pass(10s, {peer});
  EXPECT_EQ(members_.state_of(peer), active);
  EXPECT_THAT(members_.claims_to_send(10), SizeIs(1)) << "so that it can refute";
}

TEST_F(membership_test, joined_claims_do_not_depend_on_their_order) {
  const member_state states[] = {active, suspect, stale, dead};
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    std::vector<member_claim> claims;
    for (int i = 0; i < 6; ++i)
      claims.push_back({peer, {1 + random() % 2, random() % 3}, states[random() % 4]});
    std::optional<member_claim> first;
    for (int order = 0; order < 4; ++order) {
      membership each{self, 7, now_};
      each.learn_card(peer, 1, now_);
      ASSERT_FALSE(each.apply_claims(claims, now_));
      ASSERT_FALSE(each.apply_claims(claims, now_)) << "twice is once";
      auto sent = each.claims_to_send(10);
      auto about_peer = std::ranges::find(sent, peer, &member_claim::node);
      auto last = about_peer != sent.end() ? *about_peer : member_claim{peer, {}, active};
      if (first) {
        ASSERT_EQ(last.about, first->about);
        ASSERT_EQ(last.state, first->state);
      }
      first = last;
      std::ranges::shuffle(claims, random);
    }
  }
}

TEST_F(membership_test, claims_that_no_honest_node_makes_are_refused) {
  know(peer);
  know(other);
  EXPECT_EQ(code_of(claim(peer, {1, 0}, quarantined)), ec::invalid) << "everybody judges that alone";
  EXPECT_EQ(members_.state_of(peer), active);
  EXPECT_FALSE(claim({"unknown"}, {1, 0}, dead)) << "its card may be on the way";
  EXPECT_FALSE(members_.state_of({"unknown"}));
  // One false claim does not keep the honest ones beside it from being applied.
  EXPECT_TRUE(members_.apply_claims({{peer, {1, 0}, quarantined}, {other, {1, 0}, suspect}}, now_));
  EXPECT_EQ(members_.state_of(other), suspect);
}

TEST_F(membership_test, only_a_card_or_a_link_proves_an_epoch) {
  know(peer);
  for (uint64_t epoch : {uint64_t{2}, uint64_t{900}, UINT64_MAX}) {
    EXPECT_FALSE(claim(peer, {epoch, 0}, dead)) << "its card may be on the way";
    EXPECT_EQ(members_.state_of(peer), active) << epoch;
  }
  EXPECT_THAT(members_.claims_to_send(10), IsEmpty()) << "nor is it passed on";
  members_.learn_card(peer, 2, now_);
  claim(peer, {2, 0}, dead);
  EXPECT_EQ(members_.state_of(peer), dead);
  EXPECT_FALSE(claim(self, {8, 0}, dead)) << "nobody believes that of this node";
  EXPECT_EQ(members_.own_incarnation(), (incarnation{7, 0}));
}

/// False claims about a node are sent repeatedly to the node itself, to others, or to both: its refutation always
/// prevails.
TEST_F(membership_test, any_claim_can_be_refuted) {
  const incarnation lies[] = {{7, 0},
                              {7, 1},
                              {7, 999},
                              {7, 1'000},
                              {7, 1'001},
                              {7, 5'000},
                              {7, 1'000'000},
                              {7, UINT64_MAX - 1},
                              {7, UINT64_MAX},
                              {8, 0},
                              {8, 1'000},
                              {1'006, 0},
                              {UINT64_MAX, UINT64_MAX}};
  for (auto lie : lies)
    for (auto state : {active, suspect, dead})
      // Bits: the victim, a node in contact with it, one without contact.
      for (int recipients = 1; recipients < 8; ++recipients) {
        SCOPED_TRACE(std::to_string(lie.epoch) + "." + std::to_string(lie.count) + " sent to " +
                     std::to_string(recipients));
        membership victim{self, 7, now_}, near{peer, 1, now_}, far{other, 1, now_};
        std::vector<membership*> all{&victim, &near, &far};
        for (auto* each : all)
          each->link_up(self, 7, now_);
        for (auto* each : {&near, &far})
          each->link_closed(self, now_);
        for (int round = 0; round < 60; ++round) {
          for (size_t i = 0; i < all.size(); ++i)
            if (round < 20 && recipients & (1 << i))
              all[i]->apply_claims({{self, lie, state}, {self, {7, lie.count / 2}, dead}}, now_);
          far.apply_claims(near.claims_to_send(10), now_);
          near.apply_claims(far.claims_to_send(10), now_);
          near.apply_claims(victim.claims_to_send(10), now_);
          victim.apply_claims(near.claims_to_send(10), now_);
        }
        near.apply_claims({{self, {7, 0}, suspect}}, now_);
        ASSERT_EQ(near.state_of(self), active);
        ASSERT_EQ(far.state_of(self), active);
      }
}

TEST_F(membership_test, goes_on_in_a_later_epoch_and_refutes_in_it) {
  members_.learn_card(peer, 1, now_);
  claim(self, {7, 3}, suspect);
  members_.raise_epoch(10);
  EXPECT_EQ(members_.own_incarnation(), (incarnation{10, 0}));
  claim(self, {10, 0}, suspect);
  auto sent = members_.claims_to_send(10);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].about, (incarnation{10, 1}));
}

TEST_F(membership_test, claims_are_sent_a_few_times_the_newest_ones_first) {
  for (int i = 0; i < 10; ++i) {
    members_.learn_card({"n" + std::to_string(i)}, 1, now_);
    claim({"n" + std::to_string(i)}, {1, 0}, suspect);
  }
  std::map<node_id, int> times_sent;
  for (int round = 0; round < 100; ++round) {
    auto sent = members_.claims_to_send(4);
    EXPECT_LE(sent.size(), 4u);
    for (const auto& each : sent)
      ++times_sent[each.node];
  }
  EXPECT_THAT(times_sent, SizeIs(10));
  for (const auto& [node, times] : times_sent)
    EXPECT_GE(times, 12) << "3 times log2 of 11 nodes, rounded up";
  EXPECT_THAT(members_.claims_to_send(4), SizeIs(1)) << "a reminder";
  claim({"n3"}, {1, 1}, active);
  EXPECT_EQ(members_.claims_to_send(4)[0].node, node_id{"n3"});
}

TEST_F(membership_test, reminds_of_missing_nodes_for_newcomers) {
  for (const auto& each : {node_id{"gone"}, peer, other})
    members_.learn_card(each, 1, now_);
  claim({"gone"}, {1, 0}, suspect);
  claim(other, {1, 0}, suspect);
  pass(2s);
  for (int i = 0; i < 100; ++i)
    members_.claims_to_send(10); // until all claims were sent often enough
  membership newcomer{{"new"}, 1, now_};
  for (const auto& each : {node_id{"gone"}, peer, other})
    newcomer.link_up(each, 1, now_);
  for (const auto& each : {node_id{"gone"}, peer, other})
    newcomer.link_closed(each, now_);
  for (int i = 0; i < 2; ++i) {
    auto sent = members_.claims_to_send(10);
    EXPECT_THAT(sent, SizeIs(1)) << "in turn";
    EXPECT_FALSE(newcomer.apply_claims(sent, now_));
  }
  EXPECT_EQ(newcomer.state_of(peer), active);
  EXPECT_EQ(newcomer.state_of(other), stale);
  EXPECT_EQ(newcomer.state_of({"gone"}), stale);
  EXPECT_THAT(members_.claims_to_send(0), IsEmpty());
}

TEST_F(membership_test, sends_missed_claims_again) {
  members_.learn_card(peer, 1, now_);
  claim(peer, {1, 2}, active);
  claim(self, {7, 0}, suspect); // refuted
  while (!members_.claims_to_send(10).empty()) {
  }
  EXPECT_FALSE(claim(peer, {1, 1}, stale));
  EXPECT_THAT(members_.claims_to_send(10), SizeIs(1));
  EXPECT_FALSE(claim(self, {7, 0}, stale));
  auto sent = members_.claims_to_send(10);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].about, (incarnation{7, 1})) << "it was refuted before";
}

} // namespace
} // namespace hive
