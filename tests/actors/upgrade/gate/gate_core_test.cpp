// The gate's core: a few nodes that hear all that the others tell, unless a test silences them.

#include "tests/actors/upgrade/gate/gate_cores.hpp"

namespace hive::gate::testing {
namespace {

TEST_F(gate_cores, approves_deploys_and_completes) {
  auto what = start_and_open(3);
  for (auto& each : nodes)
    EXPECT_EQ(newest(each), kind::OPEN);
  for (auto& each : nodes) {
    auto asked = take<outputs::judge>(each);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].stage, 0);
  }
  vote_all(what);
  pass(2s);
  for (auto& each : nodes)
    EXPECT_EQ(newest(each), kind::APPROVED);
  auto canaries = make_proposal({})->canaries(1);
  ASSERT_EQ(canaries.size(), 2u);
  EXPECT_EQ(end_hooks(wire::GateAction::DEPLOY), (std::set<rank>{canaries.begin(), canaries.end()}));
  for (auto& each : nodes) {
    auto asked = take<outputs::judge>(each);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].stage, 1);
  }
  vote_all(what, wire::Verdict::SAFE, 1);
  pass(2s);
  for (auto& each : nodes)
    EXPECT_EQ(newest(each), kind::COMPLETE);
  EXPECT_EQ(end_hooks(wire::GateAction::DEPLOY).size(), 1u); // the others have deployed
}

TEST_F(gate_cores, rests_when_nothing_is_asked) {
  start(3);
  for (auto& each : nodes) {
    EXPECT_FALSE(each.core->next_deadline());
    EXPECT_TRUE(track_at(each.number).is_admitted());
  }
}

TEST_F(gate_cores, rejects_only_when_approval_has_become_impossible) {
  auto what = start_and_open(3, {.policy = wire::GatePolicy::MAJORITY});
  vote(nodes[0], what, wire::Verdict::REGRESSED);
  pass(5s);
  EXPECT_EQ(newest(nodes[1]), kind::OPEN);
  vote(nodes[2], what, wire::Verdict::REGRESSED);
  pass(2s);
  EXPECT_EQ(newest(nodes[1]), kind::REJECTED);
}

TEST_F(gate_cores, aborts_with_a_quorum_although_a_voter_is_gone) {
  auto what = start_and_open(5);
  silent = {4};
  vote_all(what);
  pass(20s);
  EXPECT_EQ(newest(nodes[0]), kind::OPEN);
  EXPECT_EQ(track_at(0).count()->result, tally_result::held);
  stop(nodes[1], what);
  pass(5s);
  EXPECT_EQ(newest(nodes[0]), kind::ABORTED);
}

TEST_F(gate_cores, seals_nothing_without_a_quorum) {
  auto what = start_and_open(5);
  silent = {2, 3, 4};
  stop(nodes[1], what);
  pass(60s);
  EXPECT_EQ(newest(nodes[1]), kind::OPEN);
  silent = {3, 4};
  share(nodes[1], nodes[2]);
  pass(60s);
  EXPECT_EQ(newest(nodes[1]), kind::ABORTED);
}

TEST_F(gate_cores, rolls_back_what_a_stop_came_too_late_for) {
  start(3);
  auto what = approve(nodes[0], {});
  ASSERT_EQ(newest(nodes[0]), kind::APPROVED);
  stop(nodes[0], what, true);
  pass(2s);
  EXPECT_EQ(newest(nodes[0]), kind::APPROVED); // only while it is pending
  stop(nodes[0], what);
  pass(2s);
  EXPECT_EQ(newest(nodes[0]), kind::BACK);
  // No rollback before the deploy's process group is gone.
  size_t rolled_back = 0;
  for (auto& each : nodes) {
    auto hooks = take<outputs::start_hook>(each);
    for (const auto& hook : hooks) {
      EXPECT_EQ(hook.action, wire::GateAction::DEPLOY);
      step(each, events::hook_ended{0, hook.token, 1});
      talk();
      for (const auto& back : take<outputs::start_hook>(each)) {
        EXPECT_EQ(back.action, wire::GateAction::ROLLBACK);
        step(each, events::hook_ended{0, back.token, 0});
        ++rolled_back;
        talk();
      }
    }
  }
  EXPECT_EQ(rolled_back, 2u);
  pass(2s);
  EXPECT_EQ(newest(nodes[0]), kind::CLOSED);
}

TEST_F(gate_cores, opens_one_proposal_at_a_time_and_queues_the_other) {
  auto first = start_and_open(3);
  propose(nodes[1], {.nonce = "2"});
  auto refused = take<outputs::refused>(nodes[1]);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].why, ec::conflict);
  auto second = propose(nodes[1], {.nonce = "3"}, true);
  pass(2s);
  EXPECT_EQ(state_at(2).what()->id(), first);
  stop(nodes[2], first);
  pass(4s);
  EXPECT_EQ(newest(nodes[0]), kind::OPEN);
  EXPECT_EQ(state_at(0).what()->id(), second);
  // What was opened once never opens again, although its ask is still there.
  stop(nodes[2], second);
  pass(10s);
  EXPECT_EQ(newest(nodes[0]), kind::ABORTED);
}

TEST_F(gate_cores, takes_no_stop_of_a_stranger) {
  auto what = start_and_open(3);
  auto ask = msg<wire::GateAsk>::build([&](wire::GateAsk::Builder out) { out.initStop().setProposal(data_of(what)); });
  for (auto& each : nodes)
    step(each, events::heard{make_slot(9, slot_type::ask, ask)});
  pass(10s);
  EXPECT_EQ(newest(nodes[0]), kind::OPEN);
}

TEST_F(gate_cores, brings_a_laggard_up_with_one_log_slot) {
  start(4); // a quorum of three
  silent = {3};
  auto first = propose(nodes[0], {.nonce = "1"});
  pass(2s);
  stop(nodes[0], first);
  pass(2s);
  propose(nodes[1], {.nonce = "2"});
  pass(2s);
  ASSERT_EQ(state_at(0).position(), 3u);
  EXPECT_EQ(state_at(3).position(), 0u);
  step(nodes[3], events::heard{stored(nodes[0], slot_type::log)});
  EXPECT_EQ(state_at(3).position(), 3u);
  EXPECT_EQ(state_at(3).chain(), state_at(0).chain());
  EXPECT_EQ(take<outputs::decided>(nodes[3]).size(), 1u);
}

TEST_F(gate_cores, brings_a_laggard_up_over_generations) {
  start(4);
  silent = {3};
  // Whoever was admitted at the very position of a change has to be admitted again, by all others here.
  auto before = propose(nodes[0], {});
  pass(2s);
  stop(nodes[0], before);
  pass(2s);
  change_members(nodes[0], {{0}, {1}, {3}});
  pass(2s);
  EXPECT_EQ(track_at(0).sealers().number(), 2u);
  EXPECT_EQ(track_at(1).sealers().size(), 3u);
  EXPECT_FALSE(track_at(2).sealers().rank_of(id_of(2)));
  // Two of the new three are there.
  auto what = propose(nodes[1], {.electorate = {{0}, {1}}, .nonce = "2"});
  pass(4s);
  ASSERT_EQ(newest(nodes[0]), kind::OPEN);
  step(nodes[3], events::heard{stored(nodes[0], slot_type::log)});
  EXPECT_EQ(track_at(3).sealers().number(), 2u);
  EXPECT_EQ(state_at(3).what()->id(), what);
}

TEST_F(gate_cores, takes_no_log_slot_of_another_generation) {
  start_and_open(3);
  auto log = stored(nodes[0], slot_type::log);
  gate_options options;
  options.self = id_of(2);
  options.tracks = {make_generation(4)};
  gate_core other{options,
                  {[](slot_type type, const std::string& key, const std::string& payload) {
                     return sign(2, type, key, payload, 1, 1);
                   },
                   verify}};
  other.step(events::started{1, 1, false}, now);
  other.step(events::heard{log}, now);
  EXPECT_EQ(other.at(0).state().position(), 0u);
}

TEST_F(gate_cores, lets_a_later_seal_slot_replace_an_earlier_one_and_never_the_other_way) {
  start(3);
  silent = {1, 2};
  propose(nodes[0], {});
  auto chain = sealers->hash();
  // Node 2 promises, and then a slot from before arrives.
  round of{2, 0, 1};
  step(nodes[0], events::heard{make_seal(2, *sealers, {.chain = chain, .promised = of, .version = 50})});
  step(nodes[0], events::heard{make_seal(2, *sealers, {.chain = chain, .version = 40})});
  pass(3s); // it asks for promises in its round 2, which node 2 has promised
  auto lead = stored(nodes[0], slot_type::lead);
  ASSERT_TRUE(lead);
  EXPECT_EQ(round_of(lead->lead()->getRound()), of);
  EXPECT_EQ(lead->lead()->getStep(), wire::GateStep::PROPOSES);
}

TEST_F(gate_cores, counts_no_promise_of_another_position_or_chain) {
  start(3);
  silent = {1, 2};
  propose(nodes[0], {});
  round of{2, 0, 1};
  step(nodes[0],
       events::heard{make_seal(1, *sealers, {.position = 2, .chain = sealers->hash(), .promised = of, .version = 50})});
  step(nodes[0], events::heard{make_seal(2, *sealers, {.chain = digest{9}, .promised = of, .version = 50})});
  pass(3s);
  auto lead = stored(nodes[0], slot_type::lead);
  ASSERT_TRUE(lead);
  EXPECT_EQ(lead->lead()->getStep(), wire::GateStep::ASKS);
}

TEST_F(gate_cores, takes_part_after_a_start_only_when_enough_others_have_answered) {
  start(5);
  silent = {3, 4};
  boot_anew(nodes[0]);
  talk();
  EXPECT_FALSE(track_at(0).is_admitted()); // two of three
  step(nodes[0], events::propose{0, make_body({}), false});
  EXPECT_EQ(take<outputs::refused>(nodes[0]).size(), 1u);
  silent = {4};
  share(nodes[0], nodes[3]);
  EXPECT_TRUE(track_at(0).is_admitted());
}

TEST_F(gate_cores, takes_part_when_the_operator_vouches_for_its_disk) {
  start(3);
  silent = {1, 2};
  boot_anew(nodes[0]);
  EXPECT_FALSE(track_at(0).is_admitted());
  step(nodes[0], events::admit{0});
  EXPECT_TRUE(track_at(0).is_admitted());
}

TEST_F(gate_cores, asks_for_a_higher_start_when_another_one_has_its_number) {
  start(3);
  auto start = msg<wire::GateStart>::build([](wire::GateStart::Builder out) {
    out.setStart(7);
    out.setNonce(1);
  });
  step(nodes[0], events::heard{make_slot(0, slot_type::start, start, 1, 7)});
  auto refused = take<outputs::start_refused>(nodes[0]);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].above, 7u);
}

TEST_F(gate_cores, counts_no_vote_of_a_liar_in_what_it_chooses) {
  auto what = start_and_open(3, {.policy = wire::GatePolicy::MAJORITY});
  auto safe = make_vote(2, what, {.version = 90});
  auto regressed = make_vote(2, what, {.verdict = wire::Verdict::REGRESSED, .version = 91});
  for (auto& each : nodes) {
    step(each, events::heard{safe});
    step(each, events::heard{regressed});
    if (each.number != 2) {
      EXPECT_EQ(take<outputs::contradiction>(each).size(), 1u);
    }
  }
  silent = {2};
  vote(nodes[0], what, wire::Verdict::SAFE);
  pass(10s);
  EXPECT_EQ(newest(nodes[0]), kind::OPEN);
  vote(nodes[1], what, wire::Verdict::SAFE);
  pass(5s);
  EXPECT_EQ(newest(nodes[0]), kind::APPROVED);
}

TEST_F(gate_cores, bounds_a_vote_by_leaving_out_its_last_reasons) {
  auto what = start_and_open(3);
  step(nodes[0], events::judged{0, msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
                                  out.setProposal(data_of(what));
                                  out.setVerdict(wire::Verdict::REGRESSED);
                                  auto list = out.initReasons(8);
                                  for (uint32_t i = 0; i < 8; ++i) {
                                    list[i].setMetric("metric_" + std::to_string(i));
                                    list[i].setText(std::string(60, 'x'));
                                  }
                                })});
  auto vote = stored(nodes[0], slot_type::vote);
  ASSERT_TRUE(vote);
  EXPECT_LE(vote->vote().bytes().size(), max_vote_bytes);
  EXPECT_GT(vote->vote()->getReasons().size(), 0u);
  EXPECT_EQ(as_view(vote->vote()->getReasons()[0].getMetric()), "metric_0");
}

TEST_F(gate_cores, decides_alone_when_it_is_alone) {
  start(1);
  auto what = propose(nodes[0], {.electorate = members(1)});
  pass(2s);
  vote(nodes[0], what, wire::Verdict::SAFE);
  pass(2s);
  EXPECT_EQ(newest(nodes[0]), kind::APPROVED);
  EXPECT_EQ(take<outputs::start_hook>(nodes[0]).size(), 1u);
}

} // namespace
} // namespace hive::gate::testing
