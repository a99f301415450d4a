#include "actors/hive/members/membership.hpp"

#include "messages/ec.hpp"
#include "tests/support/soak.hpp"

#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto active = member_state::ACTIVE, suspect = member_state::SUSPECT, stale = member_state::STALE,
               dead = member_state::DEAD, quarantined = member_state::QUARANTINED;

const node_id self{"self"}, peer{"peer"}, other{"other"};

class membership_test : public testing::Test {
protected:
  /// Ticks on time, with contact from the peers in `talking` at every tick.
  void pass(std::chrono::milliseconds time, const std::vector<node_id>& talking = {}) {
    for (auto end = now_ + time; now_ < end;) {
      now_ += 500ms;
      for (const auto& each : talking)
        members_.confirm_alive(each, now_);
      members_.tick(now_);
    }
  }

  /// A node without a link, with a claim of recent contact.
  void know(const node_id& node, uint64_t epoch = 1) {
    members_.learn_card(node, epoch, now_);
    vouch(node, 0ms, epoch);
  }

  void vouch(const node_id& node, std::chrono::milliseconds ago, uint64_t epoch = 1) {
    EXPECT_FALSE(members_.apply_claims({{node, {epoch, 0}, active, ago}}, now_));
  }

  caf::error claim(const node_id& node, incarnation about, member_state state) {
    return members_.apply_claims({{node, about, state}}, now_);
  }

  std::vector<member_state> shown_states(const node_id& node) {
    std::vector<member_state> out;
    for (const auto& change : members_.take_changes())
      if (change.node == node)
        out.push_back(change.after);
    return out;
  }

  tick_point now_{1h};
  membership members_{self, 7, now_};
};

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
  // The honest claims among them are applied.
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

/// False claims sent to both, to one, or again and again: the victim always has the last word.
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

// -- evidence ----------------------------------------------------------------------

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

TEST_F(membership_test, a_node_that_is_forgotten_is_unknown) {
  members_.link_up(peer, 1, now_);
  members_.forget(peer);
  EXPECT_FALSE(members_.state_of(peer));
  EXPECT_THAT(members_.members(), IsEmpty());
}

/// Nodes know each other from their stores; some of them start, together. Their links form a line, so most evidence is
/// indirect. For any seed, all running nodes end active everywhere and the others stale, no node is ever active that
/// did not run, and the loss of the last node is noticed by nodes without direct contact.
TEST(membership_convergence, no_node_is_active_without_evidence) {
  for (uint64_t seed = 1; seed <= (is_soak() ? 300 : 30); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    constexpr size_t nodes = 8;
    auto name = [](size_t i) { return node_id{"n" + std::to_string(i)}; };
    tick_point now{1h};
    std::set<size_t> absent;
    for (auto gone = 1 + random() % 3; absent.size() < gone;)
      absent.insert(random() % nodes);
    std::vector<size_t> running;
    for (size_t i = 0; i < nodes; ++i)
      if (!absent.contains(i))
        running.push_back(i);
    std::deque<membership> all;
    for (size_t i = 0; i < nodes; ++i) {
      all.emplace_back(name(i), 2, now);
      for (size_t j = 0; j < nodes; ++j)
        all[i].learn_card(name(j), 2, now);
    }
    auto n = running.size();
    auto pass = [&](int ticks, size_t first) { // nodes before `first` in the line have ended
      for (int t = 0; t < ticks; ++t) {
        now += 500ms;
        for (auto at = first; at < n; ++at) {
          auto a = running[at];
          for (auto to : {at + 1, at - 1}) {
            if (to < first || to >= n)
              continue;
            auto b = running[to];
            all[a].confirm_alive(name(b), now);
            if (t % 2 == 0 && random() % 3 > 0) {
              auto sent = all[b].claims_to_send(8, all[a].lacks_evidence());
              ASSERT_FALSE(all[a].apply_claims(sent, now));
            }
          }
          all[a].tick(now);
          for (auto gone : absent) {
            ASSERT_NE(all[a].state_of(name(gone)), active) << a << " of " << gone;
          }
        }
      }
    };
    for (size_t at = 0; at + 1 < n; ++at) {
      all[running[at]].link_up(name(running[at + 1]), 2, now);
      all[running[at + 1]].link_up(name(running[at]), 2, now);
    }
    pass(200, 0);
    for (auto a : running)
      for (size_t b = 0; b < nodes; ++b)
        if (a != b) {
          ASSERT_EQ(all[a].state_of(name(b)), absent.contains(b) ? stale : active) << a << " of " << b;
        }
    // The two at the end of the line fail together: no remaining node had contact with the outer one.
    all[running[2]].link_down(name(running[1]), "lost", now);
    pass(200, 2);
    for (auto at = size_t{2}; at < n; ++at)
      for (auto gone : {running[0], running[1]}) {
        ASSERT_EQ(all[running[at]].state_of(name(gone)), stale) << running[at] << " of " << gone;
      }
  }
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

/// A thousand runs with a partial mesh; one node is stopped or slow, claims are lost or repeated. Live nodes end active
/// everywhere, stopped ones stale.
TEST(membership_convergence, all_agree_on_the_members) {
  for (uint64_t seed = 1; seed <= (is_soak() ? 300 : 30); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    constexpr size_t nodes = 12, ring = 3;
    auto name = [](size_t i) { return node_id{"n" + std::to_string(i)}; };
    tick_point now{1h};
    std::deque<membership> all;
    for (size_t i = 0; i < nodes; ++i)
      all.emplace_back(name(i), 1, now);
    auto linked = [](size_t a, size_t b) { return (a + nodes - b) % nodes <= ring || (b + nodes - a) % nodes <= ring; };
    for (size_t a = 0; a < nodes; ++a)
      for (size_t b = 0; b < nodes; ++b)
        if (a != b)
          linked(a, b) ? all[a].link_up(name(b), 1, now) : all[a].learn_card(name(b), 1, now);
    auto gone = random() % nodes, slow = (gone + 1 + random() % (nodes - 1)) % nodes;
    for (int t = 0; t < 120; ++t) {
      now += 500ms;
      bool slow_is_silent = t < 14;
      for (size_t a = 0; a < nodes; ++a) {
        if (a == gone)
          continue;
        for (size_t b = 0; b < nodes; ++b)
          if (b != a && b != gone && linked(a, b) && !(b == slow && slow_is_silent))
            all[a].confirm_alive(name(b), now);
        all[a].tick(now);
        for (size_t b = 0; b < nodes; ++b)
          if (b != gone && b != a && linked(a, b) && random() % 3 > 0) {
            auto claims = all[a].claims_to_send(8, all[b].lacks_evidence());
            ASSERT_FALSE(all[b].apply_claims(claims, now));
            if (random() % 4 == 0) {
              ASSERT_FALSE(all[b].apply_claims(claims, now));
            }
          }
      }
    }
    for (size_t a = 0; a < nodes; ++a)
      for (size_t b = 0; b < nodes; ++b)
        if (a != b && a != gone) {
          ASSERT_EQ(all[a].state_of(name(b)), b == gone ? stale : active) << a << " of " << b;
        }
  }
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
