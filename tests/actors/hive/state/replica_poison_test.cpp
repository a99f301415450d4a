#include "tests/actors/hive/state/replica_scene.hpp"

#include <gtest/gtest.h>

// What a hostile or broken peer can send, and who is blamed.

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class replica_poison : public testing::Test, public scene {};

TEST_F(replica_poison, possible_statistics_are_taken) {
  auto got = send({bad_slot(tools(), tool_payload([](auto) {}))});
  EXPECT_THAT(got.accepted, SizeIs(1));
  EXPECT_THAT(got.refused, IsEmpty());
}

TEST_F(replica_poison, impossible_statistics_are_blamed_on_their_origin) {
  using tool = wire::SharedTool::Builder;
  expect_impossible([](tool it) { it.setSampleCount(5'000'000'000); }, "at most 4294967296");
  expect_impossible([](tool it) { it.setSampleCount(0); }, "at least 1");
  expect_impossible([](tool it) { it.getSums().setSuccesses(11); }, "11 successes");
  expect_impossible([](tool it) { it.getSums().setSuccesses(UINT64_MAX); }, "successes are more");
  expect_impossible([](tool it) { it.getSums().setTimeUs(UINT64_MAX); }, "more than 10 records can take");
  expect_impossible([](tool it) { it.getSums().setTimeUs(10 * 604'800'000'001); }, "more than 10 records can take");
  expect_impossible([](tool it) { it.getSums().setTimeUs2Low(1); }, "squared times");
  expect_impossible([](tool it) { it.getSums().setTimeUs2High(UINT64_MAX); }, "squared times");
  expect_impossible([](tool it) { it.getSums().setLogTimePpm(INT64_MIN); }, "log times");
  expect_impossible([](tool it) { it.setToolName(std::string(129, 'x')); }, "longer than 128");
  expect_impossible([](tool it) { it.setToolName(""); }, "required");
}

TEST_F(replica_poison, statistics_in_the_wrong_slot_or_given_twice_are_impossible) {
  expect_refused(bad_slot(tools(), tool_payload([](auto) {}, "another")), slot_refusal_reason::content, culprit::origin,
                 "does not belong into slot");
  auto twice = to_packed(msg<wire::SharedTools>::build([](wire::SharedTools::Builder out) {
    auto tasks = out.initTasks(2);
    for (auto task : tasks) {
      task.setTaskType("bug_fix");
      auto tool = task.initTools(1)[0];
      tool.setToolName("aider");
      tool.setSampleCount(1);
      tool.initSums();
    }
  }));
  expect_refused(bad_slot(tools(), twice), slot_refusal_reason::content, culprit::origin, "given twice");
}

TEST_F(replica_poison, results_that_are_not_finite_are_impossible) {
  for (double value : {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    auto payload = to_packed(msg<wire::SharedResults>::build([&](wire::SharedResults::Builder out) {
      auto metric = out.initMetrics(1)[0];
      metric.setName("latency_ms");
      metric.setValue(value);
    }));
    scene fresh;
    fresh.expect_refused(fresh.bad_slot({latest_results_kind, "adapter"}, payload), slot_refusal_reason::content,
                         culprit::origin, "must be finite");
  }
}

TEST_F(replica_poison, a_bomb_of_packed_zeros_takes_no_memory) {
  std::string bomb{"\x00\x00\x00\x00", 4};
  std::string payload;
  for (int i = 0; i < 30'000; ++i)
    payload += std::string("\x00\xff", 2);
  expect_refused(bad_slot(tools(), payload), slot_refusal_reason::content, culprit::origin, "");
  payload.insert(0, std::string("\x30\xff\xff", 3)); // claims a segment of 65,535 × 2^16 words
  expect_refused(bad_slot(tools(), payload), slot_refusal_reason::content, culprit::origin, "");
}

TEST_F(replica_poison, absurd_stamps_and_sizes_are_blamed_on_their_origin) {
  expect_refused(bad_slot(note("k"), "x", 1'000'002), slot_refusal_reason::epoch_ahead, culprit::origin, "stamp");
  scene b, c, d;
  b.expect_refused(signed_slot(keys_of(bad), note("k"), {UINT64_MAX, UINT64_MAX}, "x"),
                   slot_refusal_reason::epoch_ahead, culprit::origin, "stamp");
  c.expect_refused(signed_slot(keys_of(bad), note("k"), {1, UINT64_MAX}, "x"), slot_refusal_reason::epoch_ahead,
                   culprit::origin, "stamp");
  d.expect_refused(bad_slot(note("k"), std::string(65'537, 'x')), slot_refusal_reason::too_large, culprit::origin,
                   "65537 bytes");
}

TEST_F(replica_poison, more_slots_or_bytes_than_allowed_are_blamed_on_their_origin) {
  for (int i = 0; i < 255; ++i)
    ASSERT_THAT(send({bad_slot(note("k" + std::to_string(i)), "x")}).accepted, SizeIs(1));
  expect_refused(bad_slot(note("one_more"), "x"), slot_refusal_reason::too_large, culprit::origin, "256 slots");
  scene fresh;
  join_outcome last;
  for (int i = 0; i < 17 && last.refused.empty(); ++i)
    last = fresh.send({fresh.bad_slot(note("k" + std::to_string(i)), std::string(65'000, 'x'))});
  ASSERT_THAT(last.refused, SizeIs(1));
  EXPECT_THAT(last.refused[0].text, HasSubstr("1048576 bytes"));
}

TEST_F(replica_poison, a_wrong_signature_is_blamed_on_the_sender_and_ends_the_delta) {
  auto altered = *bad_slot(note("k"), "x");
  altered.payload = "y";
  auto forged = std::make_shared<const slot>(altered);
  expect_refused(forged, slot_refusal_reason::signature, culprit::sender, "signature");
  EXPECT_FALSE(victim_.quarantine_of(id_of(keys_of(bad))));
  for (int i = 0; i < 10; ++i)
    send({forged});
  EXPECT_FALSE(victim_.quarantine_of(id_of(keys_of(bad)))) << "anyone can say so in its name";
  auto got = send({forged, bad_slot(note("after"), "x")});
  EXPECT_THAT(got.accepted, IsEmpty());
}

TEST_F(replica_poison, a_sender_that_keeps_forging_is_quarantined_until_its_next_start) {
  auto id = id_of(keys_of(bad)), victim = id_of(keys_of(2));
  pull(victim_, bystander_);
  auto forged = signed_slot(keys_of(66), note("k"), {1, 50}, "x");
  auto tell = [&](const node_id& sender) {
    return victim_.join(*forged_delta{keys_of(2).public_part(), {}, {forged}, nullptr}.make(), test_now, sender);
  };
  for (const auto& sender : {node_id{}, victim_.own_id(), id_of(keys_of(67))})
    for (int i = 0; i < 5; ++i)
      EXPECT_THAT(tell(sender).quarantined, IsEmpty()) << "nobody that is known";
  EXPECT_THAT(tell(id).quarantined, IsEmpty());
  EXPECT_THAT(tell(id).quarantined, IsEmpty());
  EXPECT_THAT(tell(id).quarantined, ElementsAre(id));
  EXPECT_THAT(tell(id).quarantined, IsEmpty()) << "told once";
  EXPECT_THAT(victim_.quarantine_of(id)->text, HasSubstr("altered what it passed on"));
  EXPECT_FALSE(victim_.quarantine_of(victim)) << "in whose name it was";
  EXPECT_THAT(send({bad_slot(note("k"), "fine", 2)}).released, ElementsAre(id));
}

TEST_F(replica_poison, slots_out_of_order_are_blamed_on_the_sender) {
  auto first = bad_slot(note("a"), "x"), second = bad_slot(note("b"), "x");
  auto got = send({second, first});
  ASSERT_THAT(got.refused, SizeIs(1));
  EXPECT_EQ(got.refused[0].at_fault, culprit::sender);
}

TEST_F(replica_poison, an_origin_named_twice_is_blamed_on_the_sender) {
  auto id = id_of(keys_of(bad)), sender = id_of(keys_of(2));
  pull(victim_, bystander_);
  // Three strikes in one epoch quarantine the origin; a valid slot of the next epoch releases it.
  std::vector<slot_ptr> slots;
  for (int i = 0; i < 3; ++i)
    slots.push_back(bad_slot(tools(), "nonsense"));
  slots.push_back(bad_slot(note("k"), "fine", 2));
  auto killing = forged_delta::one_part_each(keys_of(bad).public_part(), slots);
  auto got = victim_.join(*over_the_wire(killing), test_now, sender);
  EXPECT_THAT(got.accepted, IsEmpty());
  EXPECT_THAT(got.quarantined, IsEmpty());
  ASSERT_THAT(got.refused, SizeIs(2));
  EXPECT_EQ(got.refused[1].why, slot_refusal_reason::malformed);
  EXPECT_EQ(got.refused[1].at_fault, culprit::sender);
  EXPECT_THAT(got.refused[1].text, HasSubstr("node " + id.value + " twice"));
  for (int i = 0; i < 2; ++i)
    got = victim_.join(*killing, test_now, sender);
  EXPECT_THAT(got.quarantined, ElementsAre(sender));
}

TEST_F(replica_poison, an_outcome_gives_the_final_state_of_an_origin) {
  replica strict{keys_of(1), 1, admit_all, {.strikes = 1}};
  pull(strict, poisoner_);
  auto id = id_of(keys_of(bad));
  auto tell = [&](std::vector<slot_ptr> slots) {
    return strict.join(*forged_delta{keys_of(bad).public_part(), {}, std::move(slots), nullptr}.make(), test_now);
  };
  EXPECT_THAT(tell({bad_slot(tools(), "nonsense")}).quarantined, ElementsAre(id));
  auto got = tell({bad_slot(note("k"), "fine", 2), bad_slot(tools(), "nonsense", 2)});
  EXPECT_THAT(got.quarantined, ElementsAre(id));
  EXPECT_THAT(got.released, IsEmpty()) << "it was, and then broke the rules again";
  EXPECT_TRUE(strict.quarantine_of(id));
}

TEST_F(replica_poison, nothing_behind_a_refused_slot_is_taken) {
  auto got = send({bad_slot(note("a"), "x"), bad_slot(tools(), "nonsense"), bad_slot(note("b"), "x")});
  EXPECT_THAT(got.accepted, SizeIs(1));
  EXPECT_FALSE(victim_.find(id_of(keys_of(bad)), note("b")));
}

TEST_F(replica_poison, an_origin_that_keeps_signing_nonsense_is_quarantined_until_its_next_start) {
  auto id = id_of(keys_of(bad));
  send({bad_slot(note("before"), "x")});
  auto send_nonsense = [&] { return send({bad_slot(tools(), "nonsense")}).quarantined; };
  EXPECT_THAT(send_nonsense(), IsEmpty());
  EXPECT_THAT(send_nonsense(), IsEmpty());
  EXPECT_THAT(send_nonsense(), ElementsAre(id));
  EXPECT_THAT(send_nonsense(), IsEmpty()) << "told once";
  ASSERT_TRUE(victim_.quarantine_of(id));
  EXPECT_EQ(victim_.quarantine_of(id)->why, quarantine::kind::content);
  EXPECT_THAT(victim_.quarantine_of(id)->text, HasSubstr("impossible"));
  EXPECT_EQ(content_of(victim_).find(id.value), std::string::npos);
  EXPECT_THAT(send({bad_slot(note("k"), "fine")}).released, IsEmpty());
  EXPECT_TRUE(victim_.quarantine_of(id));
  EXPECT_THAT(send({bad_slot(note("k"), "fine", 2)}).released, ElementsAre(id));
  EXPECT_FALSE(victim_.quarantine_of(id));
  EXPECT_THAT(send({bad_slot(tools(), "nonsense", 2)}).quarantined, IsEmpty()) << "it has new tries";
}

TEST_F(replica_poison, one_impossible_slot_is_one_strike_however_often_it_is_offered) {
  auto first = bad_slot(tools(), "nonsense"), second = bad_slot(tools(), "other nonsense");
  for (int round = 0; round < 10; ++round)
    for (const auto& each : {first, second})
      EXPECT_THAT(send({each}).refused, SizeIs(1));
  EXPECT_FALSE(victim_.quarantine_of(id_of(keys_of(bad)))) << "two may be a defect";
  EXPECT_THAT(send({bad_slot(tools(), "nonsense")}).quarantined, SizeIs(1));
}

// -- cards ------------------------------------------------------------------------

TEST_F(replica_poison, a_card_from_the_future_is_nobodys_fault) {
  auto ten_minutes = int64_t{600'000'000};
  expect_refused(bad_slot(card_name(), card_payload("n", test_now + ten_minutes + 1)), slot_refusal_reason::from_future,
                 culprit::nobody, "clock");
  EXPECT_THAT(send({bad_slot(card_name(), card_payload("n", test_now + ten_minutes))}).accepted, SizeIs(1));
  for (int i = 0; i < 10; ++i)
    send({bad_slot(card_name(), card_payload("n", test_now + ten_minutes + 1))});
  EXPECT_FALSE(victim_.quarantine_of(id_of(keys_of(bad))));
}

TEST_F(replica_poison, a_card_from_the_past_replaces_one_that_it_follows) {
  EXPECT_THAT(send({bad_slot(card_name(), card_payload("past", 1))}).accepted, SizeIs(1)) << "time orders nothing";
}

TEST(replica_admission, nobody_is_known_without_a_card_that_admits_it) {
  auto stranger = keys_of(50);
  auto admit = [](const public_key&, wire::NodeCard::Reader card) -> caf::expected<attested> {
    if (card.getName() != "welcome")
      return fail(ec::forbidden, "no certificate");
    return attested{};
  };
  replica gate{keys_of(1), 1, {admit, decode_slot}};
  auto root = gate.root();
  auto slot = signed_slot(stranger, note("k"), {1, 2}, "x");
  auto card_with = [&](const char* name) { return signed_slot(stranger, card_name(), {1, 1}, card_payload(name)); };
  auto refused = [&](slot_ptr credential) {
    auto got = gate.join(*forged_delta{stranger.public_part(), {}, {slot}, std::move(credential)}.make(), test_now);
    EXPECT_THAT(got.accepted, IsEmpty());
    return got.refused.at(0);
  };
  EXPECT_THAT(refused(nullptr).text, HasSubstr("shows no card"));
  EXPECT_EQ(refused(card_with("evil")).why, slot_refusal_reason::not_admitted);
  EXPECT_EQ(refused(card_with("evil")).at_fault, culprit::nobody) << "by another clock it may be admitted";
  EXPECT_THAT(refused(card_with("evil")).text, HasSubstr("no certificate"));
  EXPECT_EQ(refused(slot).why, slot_refusal_reason::not_admitted) << "no card at all";
  auto stolen = signed_slot(keys_of(51), card_name(), {1, 1}, card_payload("welcome"));
  EXPECT_EQ(refused(stolen).at_fault, culprit::sender);
  EXPECT_EQ(gate.root(), root);
  EXPECT_THAT(gate.origins(), SizeIs(1));
  auto got = gate.join(*forged_delta{stranger.public_part(), {}, {slot}, card_with("welcome")}.make(), test_now);
  EXPECT_THAT(got.accepted, SizeIs(1));
}

replica written_at(uint64_t number, int64_t when) {
  replica out{keys_of(number), 1, admit_all};
  write(out, card_name(), card_payload("node" + std::to_string(number), when));
  return out;
}

TEST(replica_admission, when_the_table_is_full_the_oldest_cards_give_way) {
  replica small{keys_of(1), 1, admit_all, {.origins = 3}};
  for (uint64_t n = 5; n >= 2; --n) {
    pull(small, written_at(n, test_now + static_cast<int64_t>(n)));
    EXPECT_LE(small.origins().size(), 3u);
  }
  EXPECT_THAT(small.origins(), UnorderedElementsAre(id_of(keys_of(1)), id_of(keys_of(5)), id_of(keys_of(4))));
  EXPECT_EQ(small.counters().refused[static_cast<size_t>(slot_refusal_reason::full)], 2u);
  pull(small, written_at(6, test_now + 6));
  EXPECT_THAT(small.origins(), UnorderedElementsAre(id_of(keys_of(1)), id_of(keys_of(5)), id_of(keys_of(6))));
  EXPECT_THAT(small.take_forgotten(), ElementsAre(id_of(keys_of(4))));
}

TEST(replica_admission, memory_is_bounded_over_all_nodes) {
  replica small{keys_of(1), 1, admit_all, {.bytes_per_origin = 100'000, .bytes = 100'000}};
  for (uint64_t n = 5; n > 1; --n) {
    auto each = written_at(n, test_now + static_cast<int64_t>(n));
    write(each, note("k"), std::string(45'000, 'x'));
    pull(small, each);
  }
  EXPECT_EQ(small.counters().refused[static_cast<size_t>(slot_refusal_reason::full)], 2u);
  EXPECT_FALSE(small.find(id_of(keys_of(3)), note("k")));
  auto newer = written_at(6, test_now + 6);
  write(newer, note("k"), std::string(45'000, 'x'));
  pull(small, newer);
  EXPECT_TRUE(small.find(id_of(keys_of(6)), note("k"))) << "those with the oldest cards give way";
  EXPECT_TRUE(small.find(id_of(keys_of(5)), note("k")));
  EXPECT_FALSE(small.find(id_of(keys_of(4)), note("k")));
}

} // namespace
} // namespace hive
