// Votes on stages, and hooks of nodes that were away.

#include "tests/actors/upgrade/gate/gate_cores.hpp"

namespace hive::gate::testing {
namespace {

using action = wire::GateAction;

class gate_duties : public gate_cores {
protected:
  std::vector<missed> missed_at(node& which) {
    std::vector<missed> out;
    for (const auto& each : take<outputs::missed_hook>(which))
      out.push_back(each.what);
    return out;
  }
  /// The one member that is no canary of this proposal.
  static rank control_of(const proposal_setup& what) {
    auto canaries = make_proposal(what)->canaries(1);
    rank out = 0;
    while (std::ranges::find(canaries, out) != canaries.end())
      ++out;
    return out;
  }
};

TEST_F(gate_duties, cast_no_vote_on_a_stage_before_it_was_watched_for_its_time) {
  start(3);
  auto what = approve(nodes[0], {.duration_s = 60});
  ASSERT_EQ(newest(nodes[0]), kind::APPROVED);
  for (auto verdict : {wire::Verdict::SAFE, wire::Verdict::INCONCLUSIVE}) {
    vote(nodes[0], what, verdict, 1);
    EXPECT_EQ(take<outputs::refused>(nodes[0]).size(), 1u);
  }
  end_hooks(action::DEPLOY);
  pass(30s);
  vote(nodes[0], what, wire::Verdict::SAFE, 1);
  EXPECT_EQ(take<outputs::refused>(nodes[0]).size(), 1u);
  take<outputs::judge>(nodes[0]);
  pass(31s);
  ASSERT_EQ(take<outputs::judge>(nodes[0]).size(), 1u);
  vote(nodes[0], what, wire::Verdict::SAFE, 1);
  EXPECT_TRUE(take<outputs::refused>(nodes[0]).empty());
  // Once is enough.
  vote(nodes[0], what, wire::Verdict::SAFE, 1);
  EXPECT_EQ(take<outputs::refused>(nodes[0]).size(), 1u);
}

TEST_F(gate_duties, cast_an_alarm_of_a_stage_at_once) {
  start(3);
  auto what = approve(nodes[0], {.duration_s = 60});
  ASSERT_EQ(newest(nodes[0]), kind::APPROVED);
  auto canary = make_proposal({.duration_s = 60})->canaries(1).front();
  vote(nodes[canary], what, wire::Verdict::REGRESSED, 1);
  EXPECT_TRUE(take<outputs::refused>(nodes[canary]).empty());
  pass(2s);
  EXPECT_EQ(newest(nodes[0]), kind::BACK);
}

TEST_F(gate_duties, vote_again_only_when_they_are_asked_again) {
  start(3);
  auto what = propose(nodes[0], {});
  pass(2s);
  ASSERT_EQ(take<outputs::judge>(nodes[0]).size(), 1u);
  vote(nodes[0], what, wire::Verdict::INCONCLUSIVE);
  auto asked = take<outputs::judge>(nodes[0]);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].attempt, 1);
  vote(nodes[0], what, wire::Verdict::SAFE);
  EXPECT_TRUE(take<outputs::judge>(nodes[0]).empty());
  EXPECT_EQ(stored(nodes[0], slot_type::vote)->vote()->getAttempt(), 1);
}

TEST_F(gate_duties, deploy_when_a_member_comes_back_to_what_was_completed) {
  start(3);
  auto away = control_of({.policy = wire::GatePolicy::MAJORITY});
  auto what = approve(nodes[0], {.policy = wire::GatePolicy::MAJORITY});
  silent = {away};
  pass_stage(what);
  ASSERT_EQ(newest(nodes[(away + 1u) % 3]), kind::COMPLETE);
  silent = {};
  restart(nodes[away]);
  EXPECT_EQ(newest(nodes[away]), kind::COMPLETE);
  EXPECT_EQ(end_hooks(action::DEPLOY), std::set<rank>{away});
  EXPECT_TRUE(missed_at(nodes[away]).empty());
}

TEST_F(gate_duties, show_a_deploy_that_a_member_missed) {
  start(3);
  auto away = control_of({.policy = wire::GatePolicy::MAJORITY});
  auto there = static_cast<rank>((away + 1u) % 3);
  auto what = approve(nodes[0], {.policy = wire::GatePolicy::MAJORITY});
  silent = {away};
  pass_stage(what);
  ASSERT_EQ(newest(nodes[there]), kind::COMPLETE);
  auto next = propose(nodes[there], {.policy = wire::GatePolicy::MAJORITY, .nonce = "2"});
  pass(2s);
  silent = {};
  restart(nodes[away]);
  ASSERT_EQ(newest(nodes[away]), kind::OPEN);
  EXPECT_EQ(missed_at(nodes[away]), (std::vector<missed>{{action::DEPLOY, what, "v2"}}));
  EXPECT_TRUE(end_hooks(action::DEPLOY).empty());
  // It stays so over a restart, and until a later version is completed here.
  restart(nodes[away]);
  EXPECT_EQ(missed_at(nodes[away]).size(), 1u);
  for (const auto& each : nodes)
    EXPECT_EQ(each.core->at(0).missed_hook().has_value(), each.number == away);
  for (auto& each : nodes)
    vote(each, next, wire::Verdict::SAFE);
  pass(2s);
  pass_stage(next);
  ASSERT_EQ(newest(nodes[away]), kind::COMPLETE);
  end_hooks(action::DEPLOY);
  EXPECT_FALSE(nodes[away].core->at(0).missed_hook());
}

TEST_F(gate_duties, roll_back_when_a_canary_comes_back_to_what_was_closed) {
  start(3);
  auto what = approve(nodes[0], {});
  auto canaries = make_proposal({})->canaries(1);
  end_hooks(action::DEPLOY);
  auto away = canaries[0];
  auto there = static_cast<rank>((away + 1u) % 3);
  silent = {away};
  step(nodes[there], events::stop{0, msg<wire::GateStop>::build([&](wire::GateStop::Builder out) {
                                    out.setProposal(data_of(what));
                                    out.initUnknown(1).set(0, id_of(away).value);
                                  })});
  talk();
  pass(5s);
  end_hooks(action::ROLLBACK);
  pass(5s);
  ASSERT_EQ(newest(nodes[there]), kind::CLOSED);
  silent = {};
  restart(nodes[away]);
  EXPECT_EQ(end_hooks(action::ROLLBACK), std::set<rank>{away});
  EXPECT_TRUE(missed_at(nodes[away]).empty());
}

TEST_F(gate_duties, show_a_rollback_that_a_canary_missed) {
  start(3);
  auto what = approve(nodes[0], {});
  auto away = make_proposal({})->canaries(1)[0];
  auto there = static_cast<rank>((away + 1u) % 3);
  end_hooks(action::DEPLOY);
  silent = {away};
  step(nodes[there], events::stop{0, msg<wire::GateStop>::build([&](wire::GateStop::Builder out) {
                                    out.setProposal(data_of(what));
                                    out.initUnknown(1).set(0, id_of(away).value);
                                  })});
  talk();
  pass(5s);
  end_hooks(action::ROLLBACK);
  pass(5s);
  ASSERT_EQ(newest(nodes[there]), kind::CLOSED);
  propose(nodes[there], {.nonce = "2"});
  pass(3s);
  silent = {};
  restart(nodes[away]);
  ASSERT_EQ(newest(nodes[away]), kind::OPEN);
  EXPECT_EQ(missed_at(nodes[away]), (std::vector<missed>{{action::ROLLBACK, what, ""}}));
  EXPECT_TRUE(end_hooks(action::ROLLBACK).empty());
}

TEST_F(gate_duties, show_what_a_dropped_proposal_has_left) {
  start(3);
  auto what = approve(nodes[0], {});
  auto canary = make_proposal({})->canaries(1)[0];
  end_hooks(action::DEPLOY);
  auto other = static_cast<rank>((canary + 1u) % 3);
  silent = {static_cast<rank>((canary + 2u) % 3)};
  std::vector<member_setup> survivors{{std::min(canary, other)}, {std::max(canary, other)}};
  force(nodes[canary], survivors);
  force(nodes[other], survivors);
  ASSERT_TRUE(nodes[canary].core->at(0).state().is_dropped());
  EXPECT_EQ(missed_at(nodes[canary]), (std::vector<missed>{{action::ROLLBACK, what, ""}}));
}

} // namespace
} // namespace hive::gate::testing
