#include "actors/hive/state/own_slots.hpp"

#include "tests/actors/hive/hive_test.hpp"
#include "tests/support/told_tools.hpp"

#include <gtest/gtest.h>

// Own slots must fit the bounds of other nodes, which otherwise quarantine their origin.

namespace hive {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Results of about this size.
std::string results_of(size_t bytes, double value = 1) {
  constexpr size_t name = 200, packed = 245;
  return to_packed(msg<wire::SharedResults>::build([&](wire::SharedResults::Builder out) {
    auto metrics = out.initMetrics(static_cast<uint32_t>(std::max<size_t>(bytes / packed, 1)));
    for (uint32_t i = 0; i < metrics.size(); ++i) {
      metrics[i].setName(std::to_string(i) + std::string(bytes < packed ? 1 : name, 'x'));
      metrics[i].setValue(value);
    }
  }));
}

std::map<std::string, std::string> results(int adapters, size_t bytes = 1) {
  std::map<std::string, std::string> out;
  for (int i = 0; i < adapters; ++i)
    out["a" + std::to_string(1'000 + i)] = results_of(bytes);
  return out;
}

/// Statistics of about this size in every bucket, at least one per bucket.
std::map<std::string, std::string> tools(size_t bytes) {
  std::vector<analysis::learned_tool> learned;
  constexpr size_t name = 100, packed = 130;
  for (size_t i = 0; i < std::max<size_t>(bytes / packed, 20) * tool_buckets; ++i)
    learned.push_back({"task" + std::to_string(i), std::string(name, 'x'), {.n = 1, .time_us = 1, .time_us2 = 1}});
  return to_tool_slots(learned);
}

class own_slots_test : public testing::Test {
protected:
  own_slots_test() {
    own_.want(slot_kind::card, {{std::string{card_key}, card_payload("node")}});
  }

  /// Publishes the wanted slots and returns what could not be published.
  std::vector<std::string> tell(replica& self) {
    std::vector<caf::error> refused;
    for (const auto& each : own_.prepare(self, test_now, refused))
      EXPECT_FALSE(self.commit(each));
    std::vector<std::string> out;
    for (const auto& each : refused)
      out.push_back(text_of(each));
    return out;
  }

  /// Checks that another node that received everything in parts holds the same slots.
  void expect_heard(replica& by, size_t budget = test_budget) {
    for (int times = 0; times < 200 && by.root() != self_.root(); ++times) {
      auto got = pull(by, self_, 0, budget);
      ASSERT_THAT(got.refused, IsEmpty()) << got.refused[0].text;
    }
    exchange(by, self_);
    EXPECT_EQ(by.root(), self_.root());
    EXPECT_FALSE(by.quarantine_of(self_.own_id()));
  }

  size_t count(slot_kind kind) const {
    return static_cast<size_t>(std::ranges::count_if(self_.slots_of(self_.own_id()), [&](const slot_ptr& each) {
      return each->name.kind == kind && !each->payload.empty();
    }));
  }

  own_slots own_{{{latest_results_kind, {"latest results", *latest_results_rules().quota}}}};
  replica self_{keys_of(1), 1, admit_all};
  replica other_ = make_replica(2);
};

TEST_F(own_slots_test, publishes_changes_and_erases_what_is_no_longer_wanted) {
  own_.want(latest_results_kind, results(3));
  EXPECT_THAT(tell(self_), IsEmpty());
  EXPECT_EQ(count(latest_results_kind), 3U);
  auto root = self_.root();
  tell(self_);
  EXPECT_EQ(self_.root(), root) << "nothing changed";
  own_.want(latest_results_kind, results(1));
  tell(self_);
  EXPECT_EQ(count(latest_results_kind), 1U);
  expect_heard(other_);
}

TEST_F(own_slots_test, results_of_more_adapters_than_others_keep_are_left_out) {
  own_.want(latest_results_kind, results(1'000));
  auto said = tell(self_);
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_THAT(said[0], HasSubstr("a1999"));
  EXPECT_THAT(tell(self_), IsEmpty()) << "it is said once";
  expect_heard(other_);
  EXPECT_TRUE(other_.find(self_.own_id(), {latest_results_kind, "a1000"}));
  // Topics that do not yield always find room.
  own_.want(tool_stats_kind, tools(1));
  own_.want(load_kind, load_to_publish(0).payloads);
  EXPECT_THAT(tell(self_), IsEmpty());
  EXPECT_EQ(count(tool_stats_kind), tool_buckets);
  EXPECT_EQ(count(load_kind), 1U);
  expect_heard(other_);
}

TEST_F(own_slots_test, adapters_that_are_added_later_do_not_take_it_over_the_bound) {
  for (int adapters : {100, 200, 260, 300}) {
    own_.want(latest_results_kind, results(adapters));
    tell(self_);
    expect_heard(other_);
  }
}

TEST_F(own_slots_test, names_of_adapters_that_are_gone_take_their_place_for_ever) {
  for (int change = 0; change < 30; ++change) {
    std::map<std::string, std::string> wanted;
    for (int i = 0; i < 10; ++i)
      wanted["a" + std::to_string(10 * change + i)] = results_of(1);
    own_.want(latest_results_kind, std::move(wanted));
    tell(self_);
    expect_heard(other_);
  }
  own_.want(latest_results_kind, {{"a0", results_of(1)}});
  EXPECT_THAT(tell(self_), IsEmpty());
  EXPECT_EQ(count(latest_results_kind), 1U) << "a name that was used comes back";
}

TEST_F(own_slots_test, results_leave_room_for_tools_and_give_way_to_them) {
  own_.want(latest_results_kind, results(40, 60'000));
  EXPECT_THAT(tell(self_), SizeIs(1));
  auto few = count(latest_results_kind);
  EXPECT_GE(few, 5U);
  expect_heard(other_);
  auto behind = other_;
  own_.want(tool_stats_kind, tools(7'000));
  for (const auto& said : tell(self_))
    EXPECT_THAT(said, HasSubstr("results"));
  EXPECT_EQ(count(tool_stats_kind), tool_buckets);
  EXPECT_LT(count(latest_results_kind), few);
  expect_heard(behind, 20'000);
}

TEST_F(own_slots_test, a_peer_far_behind_receives_a_full_node_in_small_parts) {
  auto behind = other_;
  for (int round = 0; round < 6; ++round) {
    auto wanted = results(9, 55'000);
    for (int i = 0; i < 9; ++i)
      if ((i + round) % 2 == 0)
        wanted["a" + std::to_string(1'000 + i)] = results_of(1'000, round);
    own_.want(latest_results_kind, std::move(wanted));
    tell(self_);
    if (round == 0)
      expect_heard(behind);
  }
  expect_heard(behind, 20'000);
  expect_heard(other_, 20'000);
}

TEST_F(own_slots_test, a_failed_write_is_prepared_again_and_counts_once) {
  own_.want(latest_results_kind, results(100));
  for (int failed = 0; failed < 5; ++failed) {
    std::vector<caf::error> refused;
    EXPECT_THAT(own_.prepare(self_, test_now, refused), SizeIs(101));
    EXPECT_THAT(refused, IsEmpty());
  }
  EXPECT_THAT(tell(self_), IsEmpty());
  EXPECT_EQ(count(latest_results_kind), 100U);
  expect_heard(other_);
}

TEST_F(own_slots_test, what_cannot_be_published_is_named_once) {
  own_.want(slot_kind{77}, {{"k", std::string(70'000, 'x')}});
  EXPECT_THAT(tell(self_), SizeIs(1));
  own_.want(latest_results_kind, results(1)); // takes a version number, which the refusal names
  EXPECT_THAT(tell(self_), IsEmpty());
  own_.want(slot_kind{77}, {{"k", "fits"}});
  EXPECT_THAT(tell(self_), IsEmpty());
  own_.want(slot_kind{77}, {{"k", std::string(70'000, 'x')}});
  EXPECT_THAT(tell(self_), SizeIs(1)) << "another time";
}

// -- admission, and room of their own ------------------------------------------------

TEST(own_slots_admission, a_kind_that_waits_stays_what_it_is_until_it_is_admitted) {
  auto self = make_replica(1);
  write(self, note("k"), "heard");
  own_slots own{{}, {}, {slot_kind{77}}};
  auto tell = [&] {
    std::vector<caf::error> left_out;
    for (const auto& each : own.prepare(self, test_now, left_out))
      EXPECT_FALSE(self.commit(each));
    return self.find(self.own_id(), note("k"))->payload;
  };
  EXPECT_FALSE(own.want(slot_kind{77}, {{"k", "remembered"}}));
  EXPECT_EQ(tell(), "heard");
  EXPECT_FALSE(own.want(slot_kind{77}, {{"k", "made of both"}}));
  EXPECT_FALSE(own.admit(slot_kind{78}));
  EXPECT_EQ(tell(), "heard");
  EXPECT_TRUE(own.admit(slot_kind{77}));
  EXPECT_EQ(tell(), "made of both");
  EXPECT_FALSE(own.admit(slot_kind{77})) << "once";
  EXPECT_TRUE(own.want(slot_kind{77}, {{"k", "later"}}));
  EXPECT_EQ(tell(), "later");
}

TEST(own_slots_admission, an_admitted_kind_whose_owner_has_said_nothing_stays_what_it_is) {
  auto self = make_replica(1);
  write(self, note("k"), "heard");
  own_slots own{{}, {}, {slot_kind{77}}};
  EXPECT_FALSE(own.admit(slot_kind{77}));
  std::vector<caf::error> left_out;
  EXPECT_THAT(own.prepare(self, test_now, left_out), IsEmpty());
}

/// A replica whose kind 77 has room of its own.
replica with_room_apart(uint64_t number) {
  auto checks = admit_all;
  checks.own_room = {slot_kind{77}};
  replica out{keys_of(number), 1, checks};
  write(out, card_name(), card_payload("node"));
  return out;
}

TEST(own_slots_room, topics_with_room_of_their_own_take_none_from_results) {
  auto self = with_room_apart(1), other = with_room_apart(2);
  own_slots own{{{latest_results_kind, {"latest results", *latest_results_rules().quota}}}, {slot_kind{77}}};
  std::map<std::string, std::string> large;
  for (int i = 0; i < 29; ++i)
    large["k" + std::to_string(i)] = std::string(64'000, 'x');
  own.want(slot_kind{77}, large);
  own.want(latest_results_kind, results(static_cast<int>(latest_results_rules().quota->keys), 1'000));
  std::vector<caf::error> left_out;
  for (const auto& each : own.prepare(self, test_now, left_out))
    ASSERT_FALSE(self.commit(each));
  EXPECT_THAT(left_out, IsEmpty());
  for (int times = 0; times < 50 && other.root() != self.root(); ++times)
    ASSERT_THAT(pull(other, self).refused, IsEmpty());
  exchange(other, self);
  EXPECT_EQ(other.root(), self.root());
  large["one-more"] = "x";
  own.want(slot_kind{77}, large);
  EXPECT_THAT(own.prepare(self, test_now, left_out), IsEmpty());
  ASSERT_THAT(left_out, SizeIs(1));
  EXPECT_THAT(text_of(left_out[0]), HasSubstr("one more than 29 slots"));
}

TEST(own_slots_room, is_bounded_in_bytes_and_guarded_by_the_others) {
  auto self = with_room_apart(1);
  replica free{keys_of(1), 1, admit_all, {.bytes_per_origin = 4u << 20}};
  write(free, card_name(), card_payload("node"));
  for (int i = 0; i < 33; ++i)
    write(free, note("k" + std::to_string(i % 28)), std::string(65'000 + i, 'x'));
  for (int i = 28; i < 33; ++i)
    write(free, note("k" + std::to_string(i)), std::string(65'000, 'x'));
  auto other = with_room_apart(2);
  join_outcome got;
  for (int times = 0; times < 50 && got.refused.empty(); ++times)
    got = pull(other, free);
  ASSERT_THAT(got.refused, SizeIs(1));
  EXPECT_EQ(got.refused[0].why, slot_refusal_reason::too_large);
  EXPECT_EQ(got.refused[0].at_fault, culprit::origin);
}

} // namespace
} // namespace hive
