#include "actors/hive/core/gossip_exchange.hpp"
#include "tests/actors/hive/state/replica_scene.hpp"

#include <gtest/gtest.h>

// Two payloads that one node signed under one stamp: the proof spreads, and the quarantine is permanent.

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class replica_equivocation : public testing::Test, public scene {};

TEST_F(replica_equivocation, two_payloads_for_one_version_are_exposed_when_holders_meet) {
  auto id = id_of(keys_of(bad));
  auto one = signed_slot(keys_of(bad), note("k"), {1, 50}, "one"),
       other = signed_slot(keys_of(bad), note("k"), {1, 50}, "other");
  send({one});
  bystander_.join(*forged_delta{keys_of(bad).public_part(), {}, {other}, nullptr}.make(), test_now);
  exchange(victim_, bystander_);
  for (auto* each : {&victim_, &bystander_}) {
    auto* found = each->quarantine_of(id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->why, quarantine::kind::equivocation);
    EXPECT_THAT(found->text, HasSubstr("epoch 1, version 50"));
    EXPECT_TRUE(is_signed_by(*found->first, keys_of(bad).public_part()));
    EXPECT_TRUE(is_signed_by(*found->second, keys_of(bad).public_part()));
    EXPECT_FALSE(found->first->has_same_content(*found->second));
    EXPECT_EQ(content_of(*each).find(id.value), std::string::npos);
    EXPECT_TRUE(each->find(id, note("k"))) << "kept, to be looked at";
  }
  EXPECT_EQ(victim_.root(), bystander_.root());
}

TEST_F(replica_equivocation, the_proof_reaches_uninvolved_nodes_and_they_agree) {
  auto id = id_of(keys_of(bad));
  send({signed_slot(keys_of(bad), note("k"), {1, 50}, "one")});
  auto got = send({signed_slot(keys_of(bad), note("k"), {1, 50}, "other")});
  EXPECT_THAT(got.quarantined, ElementsAre(id));
  // This replica does not know the poisoner.
  auto newcomer = make_replica(3);
  auto heard = pull(newcomer, victim_);
  EXPECT_THAT(heard.quarantined, ElementsAre(id));
  exchange(newcomer, victim_);
  exchange(victim_, bystander_);
  exchange(newcomer, victim_);
  EXPECT_EQ(newcomer.root(), victim_.root());
  EXPECT_EQ(bystander_.root(), victim_.root());
  EXPECT_EQ(victim_.delta_for(*bystander_.digest(), test_budget, 0)->getOrigins().size(), 0u);
  // The quarantine is permanent: it outlasts the poisoner's next start.
  bystander_.join(
    *forged_delta{keys_of(bad).public_part(), {}, {signed_slot(keys_of(bad), note("k"), {2, 1}, "x")}, nullptr}.make(),
    test_now);
  EXPECT_TRUE(bystander_.quarantine_of(id));
}

TEST_F(replica_equivocation, nodes_with_different_proofs_agree) {
  send({signed_slot(keys_of(bad), note("k"), {1, 50}, "one")});
  send({signed_slot(keys_of(bad), note("k"), {1, 50}, "other")});
  for (auto* payload : {"3", "4"})
    bystander_.join(
      *forged_delta{keys_of(bad).public_part(), {}, {signed_slot(keys_of(bad), note("q"), {1, 60}, payload)}, nullptr}
         .make(),
      test_now);
  exchange(victim_, bystander_);
  EXPECT_EQ(victim_.root(), bystander_.root());
}

TEST_F(replica_equivocation, one_version_under_two_keys_is_equivocation_too) {
  send({signed_slot(keys_of(bad), note("k"), {1, 50}, "x")});
  send({signed_slot(keys_of(bad), note("q"), {1, 50}, "x")});
  EXPECT_TRUE(victim_.quarantine_of(id_of(keys_of(bad))));
}

TEST_F(replica_equivocation, a_false_proof_is_blamed_on_the_sender) {
  auto one = signed_slot(keys_of(bad), note("k"), {1, 50}, "one"),
       later = signed_slot(keys_of(bad), note("k"), {1, 51}, "other");
  auto forged = signed_slot(keys_of(66), note("k"), {1, 50}, "other");
  for (auto second : {one, later, forged}) {
    auto got = victim_.join(*forged_delta::with_proof(keys_of(bad).public_part(), one, second), test_now);
    ASSERT_THAT(got.refused, SizeIs(1));
    EXPECT_EQ(got.refused[0].at_fault, culprit::sender);
    EXPECT_FALSE(victim_.quarantine_of(id_of(keys_of(bad))));
  }
}

/// A message with the root, everything about known origins, and a delta, as another node would load it.
template <class Message>
auto load_again(const replica& own, const replica& other, size_t budget = gossip::contents{}.delta_bytes) {
  auto sent = msg<Message>::build([&](auto out) {
    out.setRoot({own.root().data(), own.root().size()});
    out.initDigest().initOrigins(1'024);
    out.setDelta(*own.delta_for(*other.digest(), budget, 0));
  });
  return msg<Message>::load(sent.bytes());
}

/// Two slots under one stamp with payloads of this size.
std::pair<slot_ptr, slot_ptr> two_faces(size_t bytes, uint64_t version = 50) {
  return {signed_slot(keys_of(bad), note("k"), {1, version}, std::string(bytes, 'a')),
          signed_slot(keys_of(bad), note("k"), {1, version}, std::string(bytes, 'b'))};
}

TEST_F(replica_equivocation, a_proof_larger_than_slots_may_be_is_blamed_on_its_origin) {
  auto root = victim_.root();
  join_outcome got;
  for (uint64_t version = 50; version < 53; ++version) {
    auto [first, second] = two_faces(522'000, version);
    got = victim_.join(*over_the_wire(forged_delta::with_proof(keys_of(bad).public_part(), first, second)), test_now,
                       id_of(keys_of(2)));
    ASSERT_THAT(got.refused, SizeIs(1));
    EXPECT_EQ(got.refused[0].why, slot_refusal_reason::too_large);
    EXPECT_EQ(got.refused[0].at_fault, culprit::origin) << "it signed both";
    EXPECT_EQ(victim_.root(), root);
  }
  EXPECT_THAT(got.quarantined, ElementsAre(id_of(keys_of(bad))));
  EXPECT_EQ(victim_.quarantine_of(id_of(keys_of(bad)))->why, quarantine::kind::content);
}

TEST_F(replica_equivocation, a_held_slot_makes_no_proof_with_one_that_is_too_large) {
  send({bad_slot(note("k"), "small")});
  auto large = signed_slot(keys_of(bad), note("k"), {1, version_}, std::string(900'000, 'x'));
  expect_refused(large, slot_refusal_reason::too_large, culprit::origin, "900000 bytes");
}

TEST_F(replica_equivocation, the_largest_proof_fits_any_message) {
  auto [first, second] = two_faces(replica_options{}.payload_bytes);
  auto got =
    victim_.join(*over_the_wire(forged_delta::with_proof(keys_of(bad).public_part(), first, second)), test_now);
  EXPECT_THAT(got.quarantined, SizeIs(1));
  for (size_t budget : {size_t{1}, gossip::contents{}.delta_bytes}) {
    auto question = load_again<wire::GossipQuestion>(victim_, bystander_, budget);
    ASSERT_TRUE(question) << text_of(question.error());
    auto answer = load_again<wire::GossipAnswer>(victim_, make_replica(3), budget); // with the card
    ASSERT_TRUE(answer) << text_of(answer.error());
  }
}

TEST_F(replica_equivocation, proofs_take_room_like_slots) {
  replica small{keys_of(1), 1, admit_all, {.bytes_per_origin = 150'000, .bytes = 150'000}};
  pull(small, poisoner_);
  pull(small, bystander_);
  auto [first, second] = two_faces(60'000);
  auto got = small.join(*forged_delta::with_proof(keys_of(bad).public_part(), first, second), test_now);
  EXPECT_THAT(got.quarantined, SizeIs(1));
  write(bystander_, note("k"), std::string(40'000, 'x'));
  EXPECT_THAT(pull(small, bystander_).refused.at(0).text, HasSubstr("no room"));
}

TEST_F(replica_equivocation, a_stored_proof_that_nobody_takes_any_more_does_not_stop_the_node) {
  auto [first, second] = two_faces(100'000);
  auto stored = msg<wire::EquivocationProof>::build([&](auto out) {
    to_wire(keys_of(bad).public_part(), quarantine{quarantine::kind::equivocation, "", 1, first, second}, out);
  });
  EXPECT_FALSE(victim_.restore(*stored));
  EXPECT_FALSE(victim_.quarantine_of(id_of(keys_of(bad))));
}

TEST_F(replica_equivocation, a_proof_survives_a_restart) {
  send({signed_slot(keys_of(bad), note("k"), {1, 50}, "one")});
  send({signed_slot(keys_of(bad), note("k"), {1, 50}, "other")});
  auto* proven = victim_.quarantine_of(id_of(keys_of(bad)));
  auto stored =
    msg<wire::EquivocationProof>::build([&](auto out) { to_wire(keys_of(bad).public_part(), *proven, out); });
  replica again{keys_of(1), 2, admit_all};
  ASSERT_FALSE(again.restore(*over_the_wire(stored)));
  EXPECT_TRUE(again.quarantine_of(id_of(keys_of(bad))));
  auto broken = msg<wire::EquivocationProof>::build([&](wire::EquivocationProof::Builder out) {
    to_wire(keys_of(bad).public_part(), quarantine{proven->why, "", 1, proven->first, proven->first}, out);
  });
  EXPECT_EQ(code_of(again.restore(*broken)), ec::corrupt);
}

TEST_F(replica_equivocation, an_identity_in_use_twice_exposes_itself) {
  auto copy = poisoner_; // two machines from one image
  write(poisoner_, note("k"), "here");
  write(copy, note("k"), "there");
  exchange(poisoner_, copy);
  EXPECT_TRUE(poisoner_.quarantine_of(poisoner_.own_id()));
  EXPECT_TRUE(copy.quarantine_of(copy.own_id()));
}

} // namespace
} // namespace hive
