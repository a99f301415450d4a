#include "actors/hive/members/membership.hpp"

#include "tests/actors/hive/members/membership_fixture.hpp"

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(membership_test, a_silent_node_is_suspected_then_stale_then_dead) {
  members_.link_up(peer, 1, now_);
  pass(10s, {peer});
  EXPECT_EQ(members_.state_of(peer), active);
  pass(2s);
  EXPECT_EQ(members_.state_of(peer), active) << "the last heartbeat is 2 s old";
  pass(500ms);
  EXPECT_EQ(members_.state_of(peer), suspect);
  pass(1500ms);
  EXPECT_EQ(members_.state_of(peer), stale) << "4 s after the last sign of life";
  pass(600s - 500ms);
  EXPECT_EQ(members_.state_of(peer), stale);
  pass(500ms);
  EXPECT_EQ(members_.state_of(peer), dead);
  EXPECT_THAT(shown_states(peer), ElementsAre(active, suspect, stale, dead));
}

TEST_F(membership_test, a_lost_link_is_suspected_at_once) {
  members_.link_up(peer, 1, now_);
  members_.take_changes();
  members_.link_down(peer, "the connection was closed", now_);
  auto changes = members_.take_changes();
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].before, active);
  EXPECT_EQ(changes[0].after, suspect);
  EXPECT_EQ(changes[0].why, "the connection was closed");
  pass(1500ms);
  EXPECT_EQ(members_.state_of(peer), stale);
  EXPECT_THAT(members_.claims_to_send(10), SizeIs(1));
}

TEST_F(membership_test, a_stopped_node_is_active_after_the_next_contact) {
  members_.link_up(peer, 1, now_);
  pass(3s);
  EXPECT_EQ(members_.state_of(peer), suspect);
  members_.confirm_alive(peer, now_);
  EXPECT_EQ(members_.state_of(peer), active);
  EXPECT_FALSE(claim(peer, {1, 1}, active)) << "it refutes";
  pass(5s, {peer});
  EXPECT_EQ(members_.state_of(peer), active);
}

TEST_F(membership_test, a_restarted_node_is_active_again_even_after_its_death) {
  members_.link_up(peer, 1, now_);
  members_.link_down(peer, "lost", now_);
  pass(700s);
  EXPECT_EQ(members_.state_of(peer), dead);
  members_.link_up(peer, 2, now_);
  EXPECT_EQ(members_.state_of(peer), active);
  // Beliefs about its earlier epoch no longer count.
  EXPECT_FALSE(claim(peer, {1, 5}, dead));
  pass(1s, {peer});
  EXPECT_EQ(members_.state_of(peer), active);
}

TEST_F(membership_test, a_node_that_was_late_itself_blames_nobody) {
  members_.link_up(peer, 1, now_);
  pass(2s, {peer});
  now_ += 60s; // stopped, or starved by a benchmark
  members_.tick(now_);
  EXPECT_EQ(members_.state_of(peer), active);
  pass(1s);
  EXPECT_EQ(members_.state_of(peer), active) << "it has the same time as ever to be heard";
  pass(1500ms);
  EXPECT_EQ(members_.state_of(peer), suspect);
  now_ += 60s;
  members_.tick(now_);
  EXPECT_EQ(members_.state_of(peer), suspect) << "nor is its time to refute used up";
}

TEST_F(membership_test, ticks_that_are_always_a_bit_late_still_find_the_dead) {
  members_.link_up(peer, 1, now_);
  for (int i = 0; i < 20; ++i) {
    now_ += 1'200ms;
    members_.tick(now_);
  }
  EXPECT_EQ(members_.state_of(peer), stale);
}

TEST_F(membership_test, quarantine_shows_above_everything_and_is_no_claim) {
  members_.link_up(peer, 1, now_);
  members_.set_quarantined(peer, true, now_);
  pass(10s, {peer});
  EXPECT_EQ(members_.state_of(peer), quarantined);
  EXPECT_THAT(members_.claims_to_send(10), IsEmpty());
  members_.set_quarantined(peer, false, now_);
  EXPECT_EQ(members_.state_of(peer), active);
  EXPECT_THAT(shown_states(peer), ElementsAre(active, quarantined, active));
}

// -- in a partial mesh -----------------------------------------------------------

TEST_F(membership_test, a_closed_link_is_no_evidence_against_the_node) {
  members_.link_up(peer, 1, now_);
  members_.link_closed(peer, now_);
  pass(20s);
  EXPECT_EQ(members_.state_of(peer), active);
  EXPECT_THAT(shown_states(peer), ElementsAre(active));
  EXPECT_FALSE(claim(peer, {1, 0}, suspect));
  EXPECT_EQ(members_.state_of(peer), suspect) << "now others know better";
}

TEST_F(membership_test, a_node_that_was_never_linked_is_not_suspected_while_others_have_contact) {
  members_.learn_card(peer, 1, now_);
  for (int i = 0; i < 10; ++i) {
    vouch(peer, 5s);
    pass(20s);
    EXPECT_EQ(members_.state_of(peer), active);
  }
  EXPECT_THAT(shown_states(peer), ElementsAre(active));
}

TEST_F(membership_test, a_node_that_is_forgotten_is_unknown) {
  members_.link_up(peer, 1, now_);
  members_.forget(peer);
  EXPECT_FALSE(members_.state_of(peer));
  EXPECT_THAT(members_.members(), IsEmpty());
}

TEST_F(membership_test, a_failed_dial_is_a_reason_to_suspect) {
  know(peer);
  members_.dial_failed(peer, "refused", now_);
  EXPECT_EQ(members_.state_of(peer), suspect);
  EXPECT_THAT(members_.claims_to_send(10), SizeIs(1)) << "so that it can refute";
  EXPECT_FALSE(claim(peer, {1, 1}, active));
  EXPECT_EQ(members_.state_of(peer), active);
  members_.link_up(other, 1, now_);
  members_.dial_failed(other, "refused", now_);
  EXPECT_EQ(members_.state_of(other), active) << "it is heard";
  members_.dial_failed({"nobody"}, "refused", now_);
}

TEST_F(membership_test, patience_can_be_longer_but_not_shorter) {
  members_.set_patience(60s, 20s);
  know(peer);
  members_.learn_card(other, 1, now_);
  pass(19s);
  EXPECT_EQ(members_.state_of(other), suspect);
  pass(40s);
  EXPECT_EQ(members_.state_of(peer), active);
  EXPECT_EQ(members_.state_of(other), stale);
  members_.set_patience(1s, 1s);
  know(peer);
  pass(29s);
  EXPECT_EQ(members_.state_of(peer), active);
}

TEST_F(membership_test, the_time_to_refute_can_be_longer_but_not_shorter) {
  know(peer);
  members_.set_time_to_refute(10s);
  claim(peer, {1, 0}, suspect);
  pass(9s);
  EXPECT_EQ(members_.state_of(peer), suspect);
  pass(1s);
  EXPECT_EQ(members_.state_of(peer), stale);
  know(other);
  members_.set_time_to_refute(1ms);
  claim(other, {1, 0}, suspect);
  pass(1s);
  EXPECT_EQ(members_.state_of(other), suspect);
}

TEST_F(membership_test, memory_is_bounded) {
  membership small{self, 1, now_, {.members = 3}};
  for (int i = 0; i < 10; ++i)
    small.learn_card({"n" + std::to_string(i)}, 1, now_);
  small.link_up({"n9"}, 1, now_);
  EXPECT_THAT(small.members(), SizeIs(3));
  EXPECT_EQ(small.state_of({"n9"}), active) << "of who links somebody that seems to be gone gives way";
  small.link_up(self, 1, now_);
  small.confirm_alive({"nobody"}, now_);
  small.link_down({"nobody"}, "", now_);
  EXPECT_THAT(small.members(), SizeIs(3));
}

TEST(membership_options, out_of_range_are_named) {
  EXPECT_FALSE(membership_options{}.validate());
  EXPECT_THAT(text_of(membership_options{.tick = 0ms}.validate()), HasSubstr("tick"));
  EXPECT_THAT(text_of(membership_options{.suspect_after = 400ms}.validate()), HasSubstr("suspect_after"));
  EXPECT_THAT(text_of(membership_options{.stale_after = 1ms}.validate()), HasSubstr("stale_after"));
  EXPECT_THAT(text_of(membership_options{.dead_after = 1s}.validate()), HasSubstr("dead_after"));
  EXPECT_THAT(text_of(membership_options{.members = 0}.validate()), HasSubstr("members"));
}

} // namespace
} // namespace hive
