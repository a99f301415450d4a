// What the core tells, and how often: of many members each slot goes to all others.

#include "actors/upgrade/gate/statement_memo.hpp"
#include "tests/actors/upgrade/gate/gate_cores.hpp"

namespace hive::gate::testing {
namespace {

class gate_telling : public gate_cores {
protected:
  /// Counts slots of a kind that nodes tell from now on, by node, as they are taken from what is told.
  std::map<rank, size_t> told(slot_type type, duration time) {
    std::map<rank, size_t> out;
    for (auto end = now + time; now < end; now += 50ms) {
      for (auto& each : nodes)
        step(each, events::ticked{});
      for (bool is_news = true; is_news;) {
        is_news = false;
        for (auto& from : nodes)
          for (const auto& slot : std::exchange(from.told, {})) {
            if (slot->type == type)
              ++out[from.number];
            if (silent.contains(from.number))
              continue;
            is_news = true;
            for (auto& to : nodes)
              if (to.number != from.number)
                step(to, events::heard{slot});
          }
      }
    }
    return out;
  }

  void ask_to_open(node& at) {
    step(at, events::propose{0, make_body({}), false});
  }
};

TEST_F(gate_telling, four_of_many_members_tell_what_is_sealed_and_all_keep_it) {
  start(9);
  ask_to_open(nodes[0]);
  EXPECT_EQ(told(slot_type::log, 20s).size(), log_tellers);
  for (auto& each : nodes) {
    EXPECT_EQ(newest(each), kind::OPEN);
    auto kept = stored(each, slot_type::log);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->log().newest.value->content->getKind(), kind::OPEN);
    EXPECT_FALSE(each.core->next_deadline());
  }
}

TEST_F(gate_telling, the_turn_goes_round) {
  start(9);
  std::set<rank> tellers;
  for (int round = 0; round < 5; ++round) {
    auto body = make_body({.nonce = std::to_string(round)});
    step(nodes[0], events::propose{0, body, false});
    for (const auto& [who, count] : told(slot_type::log, 5s))
      tellers.insert(who);
    step(nodes[0], events::stop{0, msg<wire::GateStop>::build(
                                     [&](wire::GateStop::Builder out) { out.setProposal(data_of(hash_of(body))); })});
    for (const auto& [who, count] : told(slot_type::log, 5s))
      tellers.insert(who);
  }
  EXPECT_EQ(tellers.size(), nodes.size());
}

TEST_F(gate_telling, others_tell_it_when_those_whose_turn_it_is_are_not_heard) {
  start(9); // a quorum of five: the four whose turn it is at position 1 hear all, and nobody hears them
  silent = {0, 1, 2, 8};
  ask_to_open(nodes[3]);
  auto early = told(slot_type::log, 2s);
  EXPECT_EQ(early.size(), 4u);
  for (const auto& [who, count] : early)
    EXPECT_TRUE(silent.contains(who)) << int{who};
  auto late = told(slot_type::log, 10s);
  EXPECT_GE(late.size(), log_tellers - 1);
  for (const auto& [who, count] : late)
    EXPECT_FALSE(silent.contains(who)) << int{who};
}

TEST_F(gate_telling, others_tell_it_when_two_that_had_told_it_are_quarantined) {
  start(9);
  ask_to_open(nodes[0]);
  ASSERT_EQ(told(slot_type::log, 5s).size(), log_tellers);
  for (auto& each : nodes)
    step(each, events::quarantined{id_of(0), true});
  EXPECT_TRUE(told(slot_type::log, 10s).empty());
  for (auto& each : nodes)
    step(each, events::quarantined{id_of(1), true});
  auto more = told(slot_type::log, 10s);
  EXPECT_GE(more.size(), 1u);
}

TEST_F(gate_telling, starts_that_are_heard_together_are_acknowledged_together) {
  start(5);
  nodes[0].core.reset();
  gate_options options;
  options.self = id_of(0);
  options.tracks = {sealers};
  options.seal_wait = 100ms;
  auto& self = nodes[0];
  ++self.epoch;
  self.core = std::make_unique<gate_core>(
    std::move(options), gate_crypto{[&self](slot_type type, const std::string& key, const std::string& payload) {
                                      return sign(self.number, type, key, payload, self.epoch, ++self.version);
                                    },
                                    verify});
  step(self, events::started{self.epoch, 7, false});
  self.told.clear();
  for (rank other = 1; other < 5; ++other)
    step(self, events::heard{stored(nodes[other], slot_type::start)});
  EXPECT_TRUE(self.told.empty());
  ASSERT_EQ(self.core->next_deadline(), now + 100ms);
  now += 100ms;
  step(self, events::ticked{});
  ASSERT_EQ(self.told.size(), 1u);
  EXPECT_EQ(self.told[0]->seal()->getStarts().size(), 4u);
  EXPECT_FALSE(self.core->next_deadline());
}

TEST_F(gate_telling, a_seal_of_the_position_before_keeps_the_admission_over_a_restart_without_loss) {
  start(3);
  auto before = stored(nodes[0], slot_type::seal);
  propose(nodes[0], {});
  pass(2s);
  ASSERT_EQ(newest(nodes[0]), kind::OPEN);
  // As if the node ended before it said anything of the position that follows.
  for (auto& each : nodes[0].stored.own)
    if (each->type == slot_type::seal)
      each = before;
  gate_options options;
  options.self = id_of(0);
  options.tracks = {sealers};
  gate_core again{std::move(options), gate_crypto{{}, verify}};
  again.restore(nodes[0].stored);
  EXPECT_TRUE(again.at(0).is_admitted());
}

// -- what was decoded before -----------------------------------------------------------

TEST_F(gate_telling, what_is_embedded_in_several_slots_is_decoded_once) {
  start_and_open(3);
  statement_memo memo;
  auto decode = [&](const statement_ptr& what) { return must(decode_statement(what->whole, verify, &memo)); };
  auto first = decode(stored(nodes[0], slot_type::log)), second = decode(stored(nodes[1], slot_type::log));
  EXPECT_EQ(first->log().newest.value, second->log().newest.value);
  std::set<statement_ptr> accepts;
  for (const auto& each : {first, second})
    accepts.insert(each->log().newest.accepts.begin(), each->log().newest.accepts.end());
  EXPECT_LE(accepts.size(), 3u);
  EXPECT_EQ(decode(stored(nodes[0], slot_type::log)), first);
}

TEST_F(gate_telling, a_slot_that_differs_from_a_known_one_in_a_bit_is_verified) {
  start_and_open(3);
  auto known = stored(nodes[0], slot_type::seal);
  statement_memo memo;
  must(decode_statement(known->whole, verify, &memo));
  auto bytes = std::string{known->payload()};
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    auto forged = msg<wire::StoredSlot>::build([&](wire::StoredSlot::Builder out) {
      out.setPublicKey(known->whole->getPublicKey());
      out.setSlot(known->whole->getSlot());
      out.getSlot().setPayload(data_of(changed));
    });
    EXPECT_FALSE(decode_statement(forged, verify, &memo)) << bit;
  }
}

TEST(recently_decoded, keeps_what_is_used_within_its_bounds) {
  recently_decoded<int> memo{100};
  auto key = [](unsigned char number) { return digest{number}; };
  for (unsigned char number = 0; number < 100; ++number) {
    EXPECT_FALSE(memo.find(key(number)));
    memo.add(key(number), std::make_shared<const int>(number), 10);
    ASSERT_TRUE(memo.find(key(0))) << "used all the time" << int{number};
  }
  size_t known = 0;
  for (unsigned char number = 0; number < 100; ++number)
    known += memo.find(key(number)) != nullptr;
  EXPECT_GE(known, 10u);
  EXPECT_LE(known, 20u);
}

} // namespace
} // namespace hive::gate::testing
