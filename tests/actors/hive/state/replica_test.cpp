#include "actors/hive/state/replica.hpp"

#include "tests/actors/hive/hive_test.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// -- own slots --------------------------------------------------------------------

TEST(replica, a_prepared_slot_is_not_published_before_it_is_committed) {
  auto a = make_replica(1), b = make_replica(2);
  auto made = a.prepare(note("k"), "x", test_now);
  ASSERT_TRUE(made);
  pull(b, a);
  EXPECT_FALSE(b.find(a.own_id(), note("k")));
  ASSERT_FALSE(a.commit(*made));
  pull(b, a);
  ASSERT_TRUE(b.find(a.own_id(), note("k")));
  EXPECT_EQ(b.find(a.own_id(), note("k"))->payload, "x");
}

TEST(replica, takes_only_prepared_slots_in_their_order) {
  auto a = make_replica(1);
  auto first = a.prepare(note("k"), "1", test_now), second = a.prepare(note("k"), "2", test_now);
  auto stranger = signed_slot(keys_of(2), note("k"), {1, 3}, "3");
  auto never_prepared = signed_slot(keys_of(1), note("k"), {1, 99}, "4");
  EXPECT_TRUE(a.commit(stranger));
  EXPECT_TRUE(a.commit(never_prepared));
  EXPECT_FALSE(a.commit(*second)) << "the write of the first may have failed";
  EXPECT_TRUE(a.commit(*first));
  EXPECT_TRUE(a.commit(*second));
  EXPECT_EQ(a.find(a.own_id(), note("k"))->payload, "2");
}

TEST(replica, refuses_to_write_what_others_would_refuse) {
  replica a{keys_of(1), 1, admit_all, {.slots_per_origin = 2, .payload_bytes = 100, .bytes_per_origin = 150}};
  EXPECT_EQ(code_of(a.prepare(note("k"), std::string(101, 'x'), test_now).error()), ec::too_large);
  EXPECT_EQ(code_of(a.prepare(note("no key"), "x", test_now).error()), ec::invalid);
  EXPECT_EQ(code_of(a.prepare({tool_stats_kind, "00"}, "x", test_now).error()), ec::invalid);
  EXPECT_EQ(code_of(a.prepare(card_name(), "", test_now).error()), ec::invalid);
  write(a, note("1"), std::string(100, 'x'));
  EXPECT_EQ(code_of(a.prepare(note("2"), std::string(50, 'x'), test_now).error()), ec::too_large);
  write(a, note("1"), std::string(90, 'x'));
  write(a, note("2"), std::string(50, 'x'));
  EXPECT_EQ(code_of(a.prepare(note("3"), "", test_now).error()), ec::too_large);
}

TEST(replica, slots_that_are_prepared_together_share_the_bounds) {
  replica a{keys_of(1), 1, admit_all, {.slots_per_origin = 2, .payload_bytes = 100, .bytes_per_origin = 150}};
  auto first = a.prepare(note("1"), std::string(100, 'x'), test_now);
  ASSERT_TRUE(first);
  EXPECT_EQ(code_of(a.prepare(note("2"), std::string(50, 'x'), test_now).error()), ec::too_large);
  ASSERT_TRUE(a.prepare(note("1"), std::string(90, 'x'), test_now)) << "the same slot, a later write";
  ASSERT_TRUE(a.prepare(note("2"), std::string(50, 'x'), test_now));
  EXPECT_EQ(code_of(a.prepare(note("3"), "", test_now).error()), ec::too_large);
}

TEST(replica, the_quota_of_a_prepared_slot_is_released_when_its_write_fails) {
  replica a{keys_of(1), 1, admit_all, {.slots_per_origin = 2}};
  ASSERT_TRUE(a.prepare(note("failed"), "x", test_now));
  write(a, note("1"), "x");
  write(a, note("2"), "x");
  EXPECT_TRUE(a.find(a.own_id(), note("2")));
  replica b{keys_of(1), 1, admit_all, {.slots_per_origin = 1}};
  ASSERT_TRUE(b.prepare(note("failed"), "x", test_now));
  ASSERT_FALSE(b.raise_epoch(2));
  EXPECT_TRUE(b.prepare(note("1"), "x", test_now));
}

// -- joining ----------------------------------------------------------------------

TEST(replica, equal_contents_have_equal_roots_and_nothing_to_send) {
  auto a = make_replica(1), b = make_replica(2), c = make_replica(3);
  write(a, note("k"), "a");
  write(b, note("k"), "b");
  EXPECT_NE(a.root(), b.root());
  exchange(a, b);
  exchange(b, c);
  exchange(c, a);
  EXPECT_EQ(a.root(), b.root());
  EXPECT_EQ(b.root(), c.root());
  EXPECT_EQ(content_of(a), content_of(c));
  EXPECT_EQ(a.delta_for(*b.digest(), test_budget, 0)->getOrigins().size(), 0u);
  write(c, note("k"), "c");
  EXPECT_NE(c.root(), a.root());
}

TEST(replica, takes_a_delta_twice_as_once) {
  auto a = make_replica(1), b = make_replica(2);
  auto delta = a.delta_for(*b.digest(), test_budget, 0);
  EXPECT_THAT(b.join(*delta, test_now).accepted, SizeIs(1));
  auto root = b.root();
  auto again = b.join(*delta, test_now);
  EXPECT_THAT(again.accepted, IsEmpty());
  EXPECT_THAT(again.refused, IsEmpty());
  EXPECT_EQ(b.root(), root);
  EXPECT_EQ(b.counters().known, 1u);
}

TEST(replica, old_slots_do_not_replace_newer_ones_even_of_an_earlier_epoch) {
  auto a = make_replica(1), b = make_replica(2);
  auto old = write(a, note("k"), "old");
  write(a, note("k"), "new");
  pull(b, a);
  ASSERT_FALSE(a.raise_epoch(2));
  write(a, note("k"), "newest");
  pull(b, a);
  forged_delta replay{keys_of(1).public_part(), {}, {old}, nullptr};
  auto got = b.join(*replay.make(), test_now);
  EXPECT_THAT(got.accepted, IsEmpty());
  EXPECT_THAT(got.refused, IsEmpty()) << "a late message is no misconduct";
  EXPECT_EQ(b.find(a.own_id(), note("k"))->payload, "newest");
}

TEST(replica, an_erased_slot_stays_erased) {
  auto a = make_replica(1), b = make_replica(2), c = make_replica(3);
  write(a, note("k"), "x");
  pull(b, a);
  write(a, note("k"), "");
  pull(c, a);
  pull(c, b);
  EXPECT_EQ(c.find(a.own_id(), note("k"))->payload, "");
}

TEST(replica, a_delta_stays_within_its_budget_and_brings_the_oldest_first) {
  auto a = make_replica(1), b = make_replica(2);
  for (int i = 0; i < 40; ++i)
    write(a, note("k" + std::to_string(i)), std::string(1000, 'x'));
  constexpr size_t budget = 10'000;
  int rounds = 0;
  for (; a.delta_for(*b.digest(), budget, 0)->getOrigins().size() > 0; ++rounds) {
    ASSERT_LT(rounds, 10);
    auto delta = a.delta_for(*b.digest(), budget, 0);
    EXPECT_LE(delta.bytes().size(), budget + 64);
    b.join(*delta, test_now);
    // What it holds is a prefix: no slot older than the newest is missing.
    auto held = 0;
    while (b.find(a.own_id(), note("k" + std::to_string(held))))
      ++held;
    for (int i = held; i < 40; ++i)
      ASSERT_FALSE(b.find(a.own_id(), note("k" + std::to_string(i))));
  }
  EXPECT_GE(rounds, 4);
}

TEST(replica, one_slot_above_the_budget_still_goes) {
  auto a = make_replica(1), b = make_replica(2);
  pull(b, a);
  write(a, note("k"), std::string(60'000, 'x'));
  EXPECT_THAT(pull(b, a, 0, 1000).accepted, SizeIs(1));
}

TEST(replica, a_delta_with_a_gap_is_refused) {
  auto a = make_replica(1), b = make_replica(2);
  pull(b, a);
  auto behind = b; // a replica restored after a crash
  write(a, note("1"), "x");
  pull(b, a);
  write(a, note("2"), "y");
  auto got = behind.join(*a.delta_for(*b.digest(), test_budget, 0), test_now);
  ASSERT_THAT(got.refused, SizeIs(1));
  EXPECT_EQ(got.refused[0].why, slot_refusal_reason::gap);
  EXPECT_EQ(got.refused[0].at_fault, culprit::nobody);
  EXPECT_FALSE(behind.find(a.own_id(), note("2"))) << "1 would be missing and the digest would not tell";
  exchange(behind, a);
  EXPECT_EQ(content_of(behind), [&] {
    exchange(a, behind);
    return content_of(a);
  }());
}

TEST(replica, what_a_liar_left_out_is_found_by_the_hash) {
  auto a = make_replica(1), b = make_replica(2), c = make_replica(3);
  write(a, note("1"), "kept from b");
  auto last = write(a, note("2"), "y");
  pull(c, a);
  auto card = a.find(a.own_id(), card_name());
  b.join(*forged_delta{keys_of(1).public_part(), {}, {card, last}, card}.make(), test_now);
  ASSERT_TRUE(b.find(a.own_id(), note("2")));
  ASSERT_FALSE(b.find(a.own_id(), note("1")));
  exchange(b, c);
  EXPECT_TRUE(b.find(a.own_id(), note("1")));
  EXPECT_EQ(b.root(), c.root());
}

TEST(replica, a_gap_larger_than_a_delta_is_filled_in_the_end) {
  auto a = make_replica(1), b = make_replica(2), c = make_replica(3);
  for (int i = 0; i < 30; ++i)
    write(a, note("k" + std::to_string(i)), std::string(1000, 'x'));
  auto last = write(a, note("last"), "y");
  auto card = a.find(a.own_id(), card_name());
  pull(c, a);
  b.join(*forged_delta{keys_of(1).public_part(), {}, {last}, card}.make(), test_now);
  // Each delta starts at another slot.
  std::mt19937_64 random{1};
  for (int i = 0; i < 1000 && b.root() != c.root(); ++i) {
    pull(b, c, random(), 5'000);
    pull(c, b, random(), 5'000);
  }
  for (int i = 0; i < 30; ++i)
    EXPECT_TRUE(b.find(a.own_id(), note("k" + std::to_string(i)))) << i;
}

TEST(replica, passes_on_kinds_that_it_does_not_know) {
  auto a = make_replica(1), b = make_replica(2), c = make_replica(3);
  write(a, {slot_kind{60'000}, "k"}, "from the future");
  pull(b, a);
  pull(c, b);
  EXPECT_TRUE(c.find(a.own_id(), {slot_kind{60'000}, "k"}));
}

TEST(replica, a_delta_brings_no_more_slots_of_an_origin_than_it_may_hold) {
  replica full{keys_of(1), 2, admit_all};
  auto restore = [&](slot_name name, uint64_t version, std::string payload) {
    ASSERT_FALSE(
      full.restore(keys_of(1).public_part(), signed_slot(keys_of(1), std::move(name), {1, version}, payload)));
  };
  restore(card_name(), 1, card_payload("full"));
  for (uint64_t i = 2; i < 300; ++i)
    restore(note("k" + std::to_string(i)), i, "x");
  auto b = make_replica(2);
  EXPECT_THAT(pull(b, full).accepted, SizeIs(256));
  // Equal stamp, different content.
  replica odd{keys_of(3), 1, admit_all};
  auto last = signed_slot(keys_of(1), note("k299"), {1, 299}, "x");
  odd.join(
    *forged_delta{
      keys_of(1).public_part(), {}, {last}, signed_slot(keys_of(1), card_name(), {1, 1}, card_payload("full"))}
       .make(),
    test_now);
  for (uint64_t turn : {0, 100, 299}) {
    auto delta = over_the_wire(full.delta_for(*odd.digest(), test_budget, turn));
    EXPECT_EQ(delta->getOrigins()[0].getSlots().size(), 256U);
  }
}

// -- restart ----------------------------------------------------------------------

TEST(replica, restored_slots_are_what_was_accepted) {
  auto a = make_replica(1), b = make_replica(2);
  write(a, note("k"), "a");
  auto got = pull(b, a);
  replica again{keys_of(2), 2, admit_all};
  ASSERT_FALSE(again.restore(keys_of(2).public_part(), b.find(b.own_id(), card_name())));
  for (const auto& each : got.accepted)
    ASSERT_FALSE(again.restore(*b.key_of(each.origin), each.what));
  EXPECT_EQ(again.root(), b.root());
  auto card = write(again, card_name(), card_payload("b again"));
  EXPECT_EQ(card->stamp, (write_stamp{2, 1}));
}

TEST(replica, damaged_or_doubled_stored_slots_are_corrupt) {
  auto first = signed_slot(keys_of(1), note("k"), {1, 1}, "x");
  auto altered = *first;
  altered.payload = "y";
  replica b{keys_of(2), 2, admit_all};
  EXPECT_EQ(code_of(b.restore(keys_of(1).public_part(), std::make_shared<const slot>(altered))), ec::corrupt);
  EXPECT_FALSE(b.restore(keys_of(1).public_part(), first));
  EXPECT_EQ(code_of(b.restore(keys_of(1).public_part(), first)), ec::corrupt);
}

TEST(replica, a_store_whose_epoch_is_behind_its_own_slots_goes_on_in_a_later_one) {
  replica b{keys_of(2), 2, admit_all};
  EXPECT_FALSE(b.restore(keys_of(2).public_part(), signed_slot(keys_of(2), note("k"), {1, 9}, "x")));
  EXPECT_FALSE(b.must_raise_epoch());
  EXPECT_FALSE(b.restore(keys_of(2).public_part(), signed_slot(keys_of(2), note("l"), {2, 1}, "x")))
    << "this epoch has just begun, so another one raised it without storing that";
  EXPECT_TRUE(b.must_raise_epoch());
  EXPECT_EQ(code_of(b.prepare(note("k"), "new", test_now).error()), ec::unavailable);
  ASSERT_FALSE(b.raise_epoch(3));
  EXPECT_FALSE(b.must_raise_epoch());
  EXPECT_EQ(write(b, note("k"), "new")->stamp, (write_stamp{3, 1}));
}

TEST(replica, a_store_that_lost_own_writes_is_noticed_and_goes_on_in_a_later_epoch) {
  auto a = make_replica(1, 5), b = make_replica(2);
  write(a, note("k"), "told to b");
  pull(b, a);
  replica old{keys_of(1), 5, admit_all}; // an old copy of the disk with an earlier epoch
  pull(old, b);
  EXPECT_TRUE(old.must_raise_epoch());
  EXPECT_EQ(code_of(old.prepare(note("k"), "new", test_now).error()), ec::unavailable);
  EXPECT_EQ(old.highest_own_epoch(), 5u);
  EXPECT_TRUE(old.raise_epoch(5));
  ASSERT_FALSE(old.raise_epoch(6));
  write(old, note("k"), "new");
  exchange(old, b);
  EXPECT_EQ(b.find(a.own_id(), note("k"))->payload, "new");
  EXPECT_FALSE(b.quarantine_of(a.own_id()));
}

TEST(replica, options_out_of_range_are_named) {
  EXPECT_FALSE(replica_options{}.validate());
  EXPECT_THAT(text_of(replica_options{.origins = 2000}.validate()), HasSubstr("origins"));
  EXPECT_THAT(text_of(replica_options{.slots_per_origin = 0}.validate()), HasSubstr("slots_per_origin"));
  EXPECT_THAT(text_of(replica_options{.payload_bytes = 1 << 20}.validate()), HasSubstr("payload_bytes"));
  EXPECT_THAT(text_of(replica_options{.bytes = 1}.validate()), HasSubstr("must not fall"));
  EXPECT_THAT(text_of(replica_options{.strikes = 0}.validate()), HasSubstr("strikes"));
}

} // namespace
} // namespace hive
