// Votes on stages, and hooks of nodes that were away.

#include "tests/actors/upgrade/gate/gate_cores.hpp"

namespace hive::gate::testing {
namespace {

using action = wire::GateAction;

const proposal_setup by_majority{.policy = wire::GatePolicy::MAJORITY};

/// Hives of three nodes.
class gate_duties : public gate_cores {
protected:
  /// Another node than this one.
  node& beside(rank which) {
    return nodes[(which + 1u) % 3];
  }
  /// A version is completed by a majority while one node is away.
  digest complete_without(rank away) {
    auto what = approve(nodes[0], by_majority);
    silent = {away};
    pass_stage(what);
    return what;
  }
  /// What is rolled out is stopped and closed while one of its canaries is away.
  void close_without(rank away, const digest& what) {
    silent = {away};
    step(beside(away), events::stop{0, msg<wire::GateStop>::build([&](wire::GateStop::Builder out) {
                                      out.setProposal(data_of(what));
                                      out.initUnknown(1).set(0, id_of(away).value);
                                    })});
    talk();
    pass(5s);
    end_hooks(action::ROLLBACK);
    pass(5s);
  }
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
  auto what = start_and_open(3);
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
  auto away = control_of(by_majority);
  complete_without(away);
  ASSERT_EQ(newest(beside(away)), kind::COMPLETE);
  silent = {};
  restart(nodes[away]);
  EXPECT_EQ(newest(nodes[away]), kind::COMPLETE);
  EXPECT_EQ(end_hooks(action::DEPLOY), std::set<rank>{away});
  EXPECT_TRUE(missed_at(nodes[away]).empty());
}

TEST_F(gate_duties, show_a_deploy_that_a_member_missed) {
  start(3);
  auto away = control_of(by_majority);
  auto what = complete_without(away);
  ASSERT_EQ(newest(beside(away)), kind::COMPLETE);
  auto next = propose(beside(away), {.policy = wire::GatePolicy::MAJORITY, .nonce = "2"});
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
  vote_all(next);
  pass(2s);
  pass_stage(next);
  ASSERT_EQ(newest(nodes[away]), kind::COMPLETE);
  end_hooks(action::DEPLOY);
  EXPECT_FALSE(track_at(away).missed_hook());
}

TEST_F(gate_duties, roll_back_when_a_canary_comes_back_to_what_was_closed) {
  start(3);
  auto what = approve(nodes[0], {});
  auto canaries = make_proposal({})->canaries(1);
  end_hooks(action::DEPLOY);
  auto away = canaries[0];
  close_without(away, what);
  ASSERT_EQ(newest(beside(away)), kind::CLOSED);
  silent = {};
  restart(nodes[away]);
  EXPECT_EQ(end_hooks(action::ROLLBACK), std::set<rank>{away});
  EXPECT_TRUE(missed_at(nodes[away]).empty());
}

TEST_F(gate_duties, run_no_rollback_where_the_deploy_never_began) {
  start(3);
  auto what = propose(nodes[0], {});
  pass(2s);
  auto canary = make_proposal({})->canaries(1).front();
  vote(nodes[canary], what, wire::Verdict::SAFE);
  silent = {canary}; // nobody holds its intention
  for (auto& each : nodes)
    if (each.number != canary)
      vote(each, what, wire::Verdict::SAFE);
  pass(2s);
  auto& other = nodes[(canary + 1) % 3];
  ASSERT_EQ(newest(other), kind::APPROVED);
  step(nodes[canary], events::heard{stored(other, slot_type::log)});
  ASSERT_EQ(stored(nodes[canary], slot_type::run)->run()->getStep(), wire::GateRunStep::INTENDED);
  stop(other, what);
  pass(2s);
  ASSERT_EQ(newest(other), kind::BACK);
  step(nodes[canary], events::heard{stored(other, slot_type::log)});
  auto run = *stored(nodes[canary], slot_type::run)->run();
  EXPECT_EQ(run.getAction(), wire::GateAction::ROLLBACK);
  EXPECT_EQ(run.getStep(), wire::GateRunStep::SKIPPED);
  EXPECT_TRUE(take<outputs::start_hook>(nodes[canary]).empty());
}

TEST_F(gate_duties, show_a_rollback_that_a_canary_missed) {
  start(3);
  auto what = approve(nodes[0], {});
  auto away = make_proposal({})->canaries(1)[0];
  end_hooks(action::DEPLOY);
  close_without(away, what);
  ASSERT_EQ(newest(beside(away)), kind::CLOSED);
  propose(beside(away), {.nonce = "2"});
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
  ASSERT_TRUE(state_at(canary).is_dropped());
  EXPECT_EQ(missed_at(nodes[canary]), (std::vector<missed>{{action::ROLLBACK, what, ""}}));
}

} // namespace
} // namespace hive::gate::testing
