#include "messages/gossip.capnp.h"
#include "tests/actors/hive/core/pledges.hpp"
#include "tests/actors/hive/hive_test.hpp"

#include <gtest/gtest.h>

// Two slots of one run that contradict each other by the rules of their topic: found in whatever order they arrive,
// proven to all, permanent.

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr uint64_t two_faced = 13;

slot_checks with_pledges() {
  auto out = admit_all;
  out.decode = [](const slot& what) {
    return what.name.kind == pledges ? pledge_rules().decode(what.name.key, what.payload) : decode_slot(what);
  };
  out.contradictions = {{pledges, contradiction_of_pledges}};
  return out;
}

replica pledge_judge(uint64_t number, replica_options options = {}) {
  replica out{keys_of(number), 1, with_pledges(), options};
  write(out, card_name(), card_payload("node"));
  return out;
}

write_stamp pledged_at(uint64_t count, uint64_t run = 9, uint64_t epoch = 1) {
  return {epoch, run << write_count_bits | count};
}

slot_ptr pledge(const std::string& text, write_stamp at, const std::string& key = "p") {
  return signed_slot(keys_of(two_faced), {pledges, key}, at, text);
}

class replica_contradiction : public testing::Test {
protected:
  join_outcome send(replica& to, std::vector<slot_ptr> slots) {
    auto card = signed_slot(keys_of(two_faced), card_name(), {1, 1}, card_payload("liar"));
    return to.join(*over_the_wire(forged_delta{keys_of(two_faced).public_part(), {}, std::move(slots), card}.make()),
                   test_now, id_of(keys_of(2)));
  }

  join_outcome send_proof(replica& to, slot_ptr first, slot_ptr second) {
    send(to, {}); // introduces the origin
    auto delta = msg<wire::HiveDelta>::build([&](wire::HiveDelta::Builder out) {
      auto origin = out.initOrigins(1)[0];
      auto key = keys_of(two_faced).public_part();
      origin.setPublicKey({key.data(), key.size()});
      quarantine said{quarantine::kind::contradiction, "", 1, std::move(first), std::move(second)};
      to_wire(key, said, origin.initContradiction());
    });
    pull(to, sender_);
    return to.join(*over_the_wire(delta), test_now, sender_.own_id());
  }

  void expect_proven(const replica& by, const std::string& text = "two words for ballot 7") {
    auto* found = by.quarantine_of(liar_id_);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->why, quarantine::kind::contradiction);
    EXPECT_TRUE(found->is_proven());
    EXPECT_THAT(found->text, HasSubstr(text));
    EXPECT_LT(found->first->stamp, found->second->stamp);
  }

  const node_id liar_id_ = id_of(keys_of(two_faced));
  replica first_ = pledge_judge(1), second_ = pledge_judge(2), sender_ = pledge_judge(3);
  slot_ptr yes_ = pledge("7:yes", pledged_at(50)), no_ = pledge("7:no", pledged_at(51)),
           next_ = pledge("8:yes", pledged_at(52));
};

TEST_F(replica_contradiction, a_slot_is_compared_with_the_one_that_it_replaces) {
  send(first_, {yes_});
  auto got = send(first_, {no_});
  EXPECT_THAT(got.quarantined, ElementsAre(liar_id_));
  EXPECT_THAT(got.accepted, IsEmpty());
  expect_proven(first_, "topic 210, key p, epoch 1");
}

TEST_F(replica_contradiction, the_order_of_arrival_does_not_matter) {
  send(first_, {no_});
  send(first_, {yes_});
  expect_proven(first_);
}

TEST_F(replica_contradiction, a_slot_that_was_replaced_by_another_is_remembered) {
  send(first_, {yes_});
  send(first_, {next_});
  EXPECT_FALSE(first_.quarantine_of(liar_id_));
  send(first_, {no_});
  expect_proven(first_);
}

TEST_F(replica_contradiction, one_that_arrives_when_it_is_replaced_already_is_remembered_too) {
  send(first_, {next_});
  send(first_, {yes_});
  EXPECT_FALSE(first_.quarantine_of(liar_id_));
  send(first_, {no_});
  expect_proven(first_);
}

TEST_F(replica_contradiction, nodes_that_hold_one_each_find_it_when_they_meet_and_agree) {
  send(first_, {yes_});
  send(second_, {no_});
  exchange(first_, second_);
  exchange(first_, second_);
  expect_proven(first_);
  expect_proven(second_);
  EXPECT_EQ(first_.root(), second_.root());
  pull(sender_, second_); // it had nothing of the origin
  expect_proven(sender_);
  exchange(sender_, first_);
  EXPECT_EQ(sender_.root(), first_.root());
}

TEST_F(replica_contradiction, a_node_with_a_proof_of_the_other_kind_agrees) {
  send(first_, {yes_});
  send(first_, {no_});
  send(second_, {yes_});
  send(second_, {pledge("9:x", pledged_at(50))});
  EXPECT_EQ(second_.quarantine_of(liar_id_)->why, quarantine::kind::equivocation);
  exchange(first_, second_);
  EXPECT_EQ(first_.root(), second_.root());
}

TEST_F(replica_contradiction, a_replaced_slot_and_another_under_its_stamp_are_equivocation) {
  send(first_, {yes_});
  send(first_, {next_});
  send(first_, {pledge("7:maybe", pledged_at(50))});
  ASSERT_TRUE(first_.quarantine_of(liar_id_));
  EXPECT_EQ(first_.quarantine_of(liar_id_)->why, quarantine::kind::equivocation);
}

TEST_F(replica_contradiction, nothing_is_contradicted_across_epochs_runs_keys_kinds_and_erasures) {
  for (auto& other : {pledge("7:no", pledged_at(51, 9, 2)), pledge("7:no", pledged_at(51, 10)),
                      pledge("7:no", pledged_at(51), "q"), pledge("7:yes", pledged_at(51)), pledge("", pledged_at(51)),
                      signed_slot(keys_of(two_faced), note("p"), pledged_at(51), "7:no")}) {
    auto fresh = pledge_judge(1);
    send(fresh, {yes_});
    send(fresh, {other});
    EXPECT_FALSE(fresh.quarantine_of(liar_id_)) << other->payload << ' ' << other->stamp.epoch;
  }
}

TEST_F(replica_contradiction, a_forged_slot_that_is_replaced_already_is_blamed_on_its_sender) {
  send(first_, {no_});
  auto forged = signed_slot(keys_of(66), {pledges, "p"}, pledged_at(50), "7:yes");
  auto got = send(first_, {forged});
  ASSERT_THAT(got.refused, SizeIs(1));
  EXPECT_EQ(got.refused[0].at_fault, culprit::sender);
  EXPECT_FALSE(first_.quarantine_of(liar_id_));
}

// -- proofs ------------------------------------------------------------------------

TEST_F(replica_contradiction, a_proof_is_judged_by_each_node) {
  EXPECT_THAT(send_proof(first_, yes_, no_).quarantined, ElementsAre(liar_id_));
  expect_proven(first_);
}

TEST_F(replica_contradiction, a_proof_that_does_not_hold_is_blamed_on_its_sender) {
  auto forged = signed_slot(keys_of(66), {pledges, "p"}, pledged_at(51), "7:no");
  std::vector<std::pair<slot_ptr, slot_ptr>> wrong{
    {yes_, next_},                                // no contradiction
    {no_, yes_},                                  // in the wrong order
    {yes_, pledge("7:no", pledged_at(51, 10))},   // of two runs
    {yes_, pledge("7:no", pledged_at(51, 9, 2))}, // of two epochs
    {yes_, pledge("7:no", pledged_at(51), "q")},  // of two keys
    {yes_, forged},                               // not signed
    {yes_, pledge("7:no", yes_->stamp)},          // a matter of the other kind of proof
  };
  for (const auto& [one, other] : wrong) {
    auto fresh = pledge_judge(1);
    auto got = send_proof(fresh, one, other);
    ASSERT_THAT(got.refused, SizeIs(1));
    EXPECT_EQ(got.refused[0].at_fault, culprit::sender) << got.refused[0].text;
    EXPECT_FALSE(fresh.quarantine_of(liar_id_));
  }
}

TEST_F(replica_contradiction, a_node_without_the_topic_blames_nobody) {
  auto unknowing = make_replica(1);
  for (int times = 0; times < 5; ++times) {
    auto got = send_proof(unknowing, yes_, no_);
    ASSERT_THAT(got.refused, SizeIs(1));
    EXPECT_EQ(got.refused[0].why, slot_refusal_reason::unjudged);
    EXPECT_EQ(got.refused[0].at_fault, culprit::nobody);
  }
  EXPECT_FALSE(unknowing.quarantine_of(liar_id_));
  EXPECT_FALSE(unknowing.quarantine_of(sender_.own_id()));
  auto forged = signed_slot(keys_of(66), {pledges, "p"}, pledged_at(51), "7:no");
  EXPECT_EQ(send_proof(unknowing, yes_, forged).refused.at(0).at_fault, culprit::sender);
}

TEST_F(replica_contradiction, a_proof_survives_a_restart_and_is_kept_for_a_version_that_knows_the_topic) {
  send(first_, {yes_});
  send(first_, {no_});
  auto stored = msg<wire::EquivocationProof>::build(
    [&](auto out) { to_wire(keys_of(two_faced).public_part(), *first_.quarantine_of(liar_id_), out); });
  replica again{keys_of(1), 2, with_pledges()};
  ASSERT_FALSE(again.restore(*over_the_wire(stored), quarantine::kind::contradiction));
  expect_proven(again);
  auto pulled = pledge_judge(4);
  again.join(*over_the_wire(sender_.delta_for(*again.digest(), test_budget, 0)), test_now);
  replica other_version{keys_of(1), 2, admit_all};
  EXPECT_FALSE(other_version.restore(*over_the_wire(stored), quarantine::kind::contradiction));
  EXPECT_FALSE(other_version.quarantine_of(liar_id_));
  EXPECT_EQ(code_of(again.restore(*over_the_wire(stored))), ec::corrupt) << "it is not of that kind";
}

TEST_F(replica_contradiction, the_largest_proof_fits_any_message) {
  std::string filler(replica_options{}.payload_bytes - 10, 'x');
  send_proof(first_, pledge("7:" + filler + "a", pledged_at(50)), pledge("7:" + filler + "b", pledged_at(51)));
  ASSERT_TRUE(first_.quarantine_of(liar_id_));
  auto sent = msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
    out.setRoot({first_.root().data(), first_.root().size()});
    out.initDigest().initOrigins(1'024);
    out.setDelta(*first_.delta_for(*second_.digest(), 1, 0));
  });
  auto got = msg<wire::GossipQuestion>::load(sent.bytes());
  ASSERT_TRUE(got) << text_of(got.error());
}

TEST_F(replica_contradiction, slots_that_are_too_large_prove_nothing) {
  std::string filler(100'000, 'x');
  auto got =
    send_proof(first_, pledge("7:" + filler + "a", pledged_at(50)), pledge("7:" + filler + "b", pledged_at(51)));
  EXPECT_EQ(got.refused.at(0).why, slot_refusal_reason::too_large);
  EXPECT_FALSE(first_.quarantine_of(liar_id_));
}

// -- bounds ------------------------------------------------------------------------

TEST_F(replica_contradiction, what_is_remembered_is_bounded) {
  auto small = pledge_judge(1, {.replaced_slots = 3});
  for (uint64_t i = 0; i < 10; ++i)
    send(small, {pledge(std::to_string(i) + ":yes", pledged_at(50 + 2 * i))});
  send(small, {pledge("2:no", pledged_at(55))});
  EXPECT_FALSE(small.quarantine_of(liar_id_)) << "forgotten";
  send(small, {pledge("7:no", pledged_at(65))});
  EXPECT_TRUE(small.quarantine_of(liar_id_)) << "one of the last three";
}

// -- the node itself ---------------------------------------------------------------

TEST_F(replica_contradiction, a_node_does_not_sign_what_contradicts_its_own_word) {
  write(first_, {pledges, "p"}, "1:yes");
  write(first_, {pledges, "p"}, "2:yes");
  auto made = first_.prepare({pledges, "p"}, "1:no", test_now);
  ASSERT_FALSE(made);
  EXPECT_EQ(code_of(made.error()), ec::invalid);
  EXPECT_THAT(text_of(made.error()), HasSubstr("would contradict"));
  EXPECT_TRUE(first_.prepare({pledges, "p"}, "3:no", test_now));
}

/// A node restored to an old disk that pledges anew in the epoch that it had used: its runs differ.
TEST_F(replica_contradiction, a_restored_node_in_a_used_epoch_is_no_liar) {
  replica lost{keys_of(two_faced), 2, with_pledges(), {}, 11}, again{keys_of(two_faced), 2, with_pledges(), {}, 12};
  for (auto* life : {&lost, &again}) {
    write(*life, card_name(), card_payload("node"));
    write(*life, {pledges, "p"}, life == &lost ? "7:yes" : "7:no");
  }
  for (auto* life : {&lost, &again}) {
    pull(first_, *life);
    exchange(first_, second_);
    exchange(second_, *life);
  }
  EXPECT_FALSE(first_.quarantine_of(liar_id_));
  EXPECT_FALSE(second_.quarantine_of(liar_id_));
  exchange(again, lost);
  EXPECT_FALSE(again.quarantine_of(liar_id_));
  EXPECT_TRUE(again.must_raise_epoch() || lost.must_raise_epoch());
}

} // namespace
} // namespace hive
