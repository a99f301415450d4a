// What one member cannot do to the others.

#include "tests/actors/upgrade/gate/gate_cores.hpp"

namespace hive::gate::testing {
namespace {

class gate_liars : public gate_cores {
protected:
  /// Two honest nodes of three; node 2 says what the test makes it say.
  void start_with_liar() {
    start(3);
    silent = {2};
  }

  statement_ptr ask_for(uint64_t counter, uint64_t version) {
    EXPECT_EQ(sealers->owner_of(1, counter), 2);
    return make_lead(2, *sealers, {.in = {counter, 2, 1}, .step = wire::GateStep::ASKS, .version = version});
  }

  void say(const statement_ptr& slot) {
    for (rank at : {0, 1})
      step(nodes[at], events::heard{slot});
    talk();
  }
};

constexpr uint64_t largest_of_liar = ~uint64_t{0} - 2; // its turn at position 1

TEST_F(gate_liars, cannot_use_the_counters_up) {
  start_with_liar();
  say(ask_for(largest_of_liar, 100));
  EXPECT_FALSE(stored(nodes[0], slot_type::seal)->seal()->hasPromised());
  propose(nodes[0], {.electorate = members(2)});
  pass(30s);
  EXPECT_EQ(newest(nodes[0]), kind::OPEN);
  EXPECT_EQ(newest(nodes[1]), kind::OPEN);
}

TEST_F(gate_liars, are_outbid_where_a_promise_was_given) {
  start_with_liar();
  constexpr uint64_t far = 16'000'000 - 16'000'000 % 3 + 1;
  say(ask_for(far, 100));
  ASSERT_TRUE(stored(nodes[0], slot_type::seal)->seal()->hasPromised());
  EXPECT_EQ(stored(nodes[0], slot_type::seal)->seal()->getPromised().getCounter(), far);
  propose(nodes[0], {.electorate = members(2)});
  pass(180s);
  EXPECT_EQ(newest(nodes[0]), kind::OPEN);
}

TEST_F(gate_liars, cannot_keep_others_waiting_by_one_round_after_the_other) {
  start_with_liar();
  propose(nodes[0], {.electorate = members(2)});
  uint64_t counter = 1;
  for (uint64_t version = 100; version < 6'000 && newest(nodes[0]) != kind::OPEN; ++version) {
    auto lead = stored(nodes[0], slot_type::lead);
    auto other = stored(nodes[1], slot_type::lead);
    for (const auto& each : {lead, other}) // always above what the others try
      while (each && each->lead()->getRound().getCounter() >= counter)
        counter += 3;
    say(ask_for(counter, version));
    counter += 3;
    pass(100ms);
  }
  EXPECT_EQ(newest(nodes[0]), kind::OPEN);
}

TEST_F(gate_liars, are_found_in_the_certificates_of_others) {
  start(5);
  auto what = propose(nodes[0], {.electorate = {{0}, {1}, {4}}, .policy = wire::GatePolicy::MAJORITY});
  pass(2s);
  // Node 4 tells some that it is safe, and node 1 that it has regressed.
  silent = {1, 4};
  for (rank at : {0, 2, 3})
    step(nodes[at], events::heard{make_vote(4, what, {.version = 500})});
  vote(nodes[0], what, wire::Verdict::SAFE);
  pass(5s);
  ASSERT_EQ(newest(nodes[0]), kind::APPROVED);
  step(nodes[1], events::heard{make_vote(4, what, {.verdict = wire::Verdict::REGRESSED, .version = 501})});
  EXPECT_TRUE(take<outputs::contradiction>(nodes[1]).empty());
  step(nodes[1], events::heard{stored(nodes[0], slot_type::log)});
  EXPECT_EQ(newest(nodes[1]), kind::APPROVED);
  auto proofs = take<outputs::contradiction>(nodes[1]);
  ASSERT_EQ(proofs.size(), 1u);
  EXPECT_EQ(proofs[0].one->origin, id_of(4));
}

TEST_F(gate_liars, are_found_by_an_accept_inside_a_log_slot) {
  start(5);
  propose(nodes[0], {});
  pass(2s);
  auto log = stored(nodes[0], slot_type::log);
  rank liar = 1; // one that accepted, and another one than node 0, whose log slot it is
  auto is_of = [&](const statement_ptr& each) { return each->origin == id_of(liar); };
  while (std::ranges::none_of(log->log().newest.accepts, is_of))
    ++liar;
  auto accept = *std::ranges::find_if(log->log().newest.accepts, is_of);
  // Later it told the newcomer that it has promised and accepted nothing at that position.
  auto& newcomer = nodes[liar == 1 ? 2 : 1];
  newcomer.stored = {};
  newcomer.epoch = 2;
  newcomer.version = 0;
  boot(newcomer);
  step(newcomer,
       events::heard{make_seal(liar, *sealers,
                               {.chain = sealers->hash(), .version = accept->version + 1, .epoch = accept->epoch})});
  EXPECT_TRUE(take<outputs::contradiction>(newcomer).empty());
  step(newcomer, events::heard{log});
  auto proofs = take<outputs::contradiction>(newcomer);
  ASSERT_EQ(proofs.size(), 1u);
  EXPECT_EQ(proofs[0].one->origin, id_of(liar));
}

} // namespace
} // namespace hive::gate::testing
