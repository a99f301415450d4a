#include "tests/actors/hive/members/membership_fixture.hpp"

// What shows that a node is alive.

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(membership_test, a_card_alone_is_no_evidence) {
  members_.learn_card(peer, 4, now_);
  EXPECT_EQ(members_.state_of(peer), suspect);
  EXPECT_THAT(members_.reason_for(peer), HasSubstr("nothing shows yet"));
  EXPECT_TRUE(members_.lacks_evidence());
  EXPECT_TRUE(members_.is_in_doubt(peer));
  EXPECT_FALSE(members_.may_live(peer));
  pass(10s);
  EXPECT_EQ(members_.state_of(peer), stale);
  EXPECT_FALSE(members_.is_in_doubt(peer));
  pass(600s);
  EXPECT_EQ(members_.state_of(peer), dead);
  EXPECT_FALSE(members_.lacks_evidence()) << "nobody is asked about it for ever";
  EXPECT_THAT(members_.claims_to_send(10, true), IsEmpty()) << "it is this node's own conclusion";
  EXPECT_THAT(shown_states(peer), ElementsAre(stale, dead));
}

TEST_F(membership_test, a_link_a_later_epoch_or_contact_of_a_peer_is_evidence) {
  for (const auto& each : {peer, other, node_id{"third"}})
    members_.learn_card(each, 4, now_);
  pass(700s);
  members_.link_up(peer, 4, now_);
  EXPECT_EQ(members_.state_of(peer), active);
  members_.learn_card(other, 5, now_);
  EXPECT_EQ(members_.state_of(other), active);
  vouch({"third"}, 29s, 4);
  EXPECT_EQ(members_.state_of({"third"}), active);
  EXPECT_FALSE(members_.apply_claims({{{"third"}, {4, 0}, active}}, now_)) << "who does not know says nothing";
  pass(1s);
  EXPECT_EQ(members_.state_of({"third"}), suspect);
}

TEST_F(membership_test, old_evidence_is_none) {
  members_.learn_card(peer, 1, now_);
  vouch(peer, 30s);
  vouch(peer, 400s);
  EXPECT_EQ(members_.state_of(peer), suspect);
  EXPECT_FALSE(members_.may_live(peer));
}

TEST_F(membership_test, belief_ages) {
  members_.link_up(peer, 1, now_);
  members_.link_closed(peer, now_);
  EXPECT_FALSE(members_.lacks_evidence());
  pass(15s);
  EXPECT_TRUE(members_.lacks_evidence()) << "it is time to ask";
  EXPECT_EQ(members_.state_of(peer), active);
  pass(15s);
  EXPECT_EQ(members_.state_of(peer), suspect);
  pass(10s);
  EXPECT_EQ(members_.state_of(peer), stale);
  pass(600s);
  EXPECT_EQ(members_.state_of(peer), dead);
  members_.link_up(peer, 1, now_);
  EXPECT_EQ(members_.state_of(peer), active);
}

TEST_F(membership_test, answers_a_request_for_evidence_with_times_of_contact) {
  members_.link_up(peer, 1, now_);
  know(other);
  members_.learn_card({"in doubt"}, 1, now_);
  pass(10s, {peer});
  EXPECT_THAT(members_.claims_to_send(10), IsEmpty());
  auto sent = members_.claims_to_send(10, true);
  ASSERT_THAT(sent, SizeIs(2));
  for (const auto& each : sent) {
    EXPECT_EQ(each.state, active);
    EXPECT_EQ(each.heard_ago, each.node == peer ? 0ms : 10s);
  }
  EXPECT_THAT(members_.claims_to_send(1, true), SizeIs(1));
  EXPECT_NE(members_.claims_to_send(1, true)[0].node, members_.claims_to_send(1, true)[0].node) << "by turns";
}

TEST_F(membership_test, claims_do_not_make_up_for_a_silent_link) {
  members_.link_up(peer, 1, now_);
  for (int i = 0; i < 10; ++i) {
    pass(500ms);
    vouch(peer, 0ms);
  }
  EXPECT_EQ(members_.state_of(peer), stale);
}

} // namespace
} // namespace hive
