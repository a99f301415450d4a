#include "tests/actors/hive/core/core_fixture.hpp"

// A core whose disk was set back: it hears first, and writes afterwards.

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

hive_core_options started_again() {
  auto out = options_of(1, 2);
  out.hears = true;
  out.run = 7;
  return out;
}

/// What this node wrote in its first start, of which its disk is a copy.
replica first_life() {
  auto out = make_replica(1, 1);
  write(out, {rumours, "a"}, "old");
  return out;
}

class hive_core_hearing_test : public testing::Test {
protected:
  static constexpr uint64_t self = 1, other = 2, third = 3;

  /// Starts the core on a disk with its first life and the card of the other nodes.
  void start(hive_core_options options = started_again(), std::vector<uint64_t> knows = {other}) {
    core_.emplace(std::move(options), now_);
    auto before = first_life();
    for (const auto& each : before.slots_of(before.own_id()))
      ASSERT_FALSE(core_->restore(*to_stored(keys_of(self).public_part(), *each)));
    for (auto number : knows) {
      auto known = make_replica(number);
      for (const auto& each : known.slots_of(known.own_id()))
        ASSERT_FALSE(core_->restore(*to_stored(keys_of(number).public_part(), *each)));
    }
    carry_out(core_->begin(now_));
    step(door_opened{{}, options_of(self, 2).self});
    step(publish_slots{rumours, {{"a", "new"}}});
  }

  void step(core_event event) {
    carry_out(core_->step(std::move(event), now_));
  }

  void carry_out(core_output out) {
    for (const auto& each : out.to_send)
      sent_.push_back(each);
    for (const auto& each : out.log)
      logged_ += each.text + '\n';
    for (const auto& order : out.to_store) {
      if (order.purpose == store_purpose::own_slots)
        ++writes_;
      step(store_done{order.purpose, {}, order.epoch});
    }
    if (out.to_note)
      noted_ = out.to_note;
  }

  void link(uint64_t number) {
    step(link_offer{id_of(keys_of(number)), options_of(number).self});
    step(link_up{id_of(keys_of(number)), options_of(number).self, {}});
  }

  /// Answers the questions to this node as long as there are any, at most `most`.
  size_t converse(replica& with, size_t most = 100) {
    size_t answered = 0;
    while (answered < most && !sent_.empty()) {
      auto next = sent_.front();
      sent_.erase(sent_.begin());
      if (next.to != with.own_id())
        continue;
      join_outcome joined;
      auto given = gossip::answer(with, *over_the_wire(next.question), test_now,
                                  {.delta_bytes = budget_, .peer = id_of(keys_of(self))}, joined);
      EXPECT_TRUE(given) << text_of(given.error());
      step(answer_received{with.own_id(), over_the_wire(*given)});
      ++answered;
    }
    return answered;
  }

  /// Another node that holds what this node wrote in a start which its disk does not know, in the epoch of this one.
  replica holder(uint64_t number = other, size_t rumours_told = 1) {
    auto lost = first_life();
    EXPECT_FALSE(lost.raise_epoch(2));
    write(lost, card_name(), card_payload("node1", test_now - 5));
    for (size_t i = 0; i < rumours_told; ++i)
      write(lost, {rumours, "k" + std::to_string(i)}, std::string(60'000, 'x'));
    auto out = make_replica(number);
    while (pull(out, lost).accepted.size() > 0) {
    }
    return out;
  }

  std::string status() {
    return (*core_->status(now_)).getHearing().cStr();
  }

  write_stamp highest() {
    return core_->held().highest_of(id_of(keys_of(self)));
  }

  void pass(std::chrono::milliseconds time) {
    now_.steady += time;
    now_.unix_micros += std::chrono::microseconds{time}.count();
    step(pulse_due{});
  }

  core_time now_{tick_point{1h}, test_now};
  std::optional<hive_core> core_;
  std::vector<question_to_send> sent_;
  std::string logged_;
  size_t writes_ = 0;
  std::optional<write_stamp> noted_;
  size_t budget_ = test_budget;
};

TEST_F(hive_core_hearing_test, nothing_is_written_before_another_node_was_heard) {
  start();
  pass(1h);
  EXPECT_EQ(writes_, 0U);
  EXPECT_THAT(status(), HasSubstr("heard 0, linked with 0, knows 1"));
  link(other);
  pass(1s);
  EXPECT_EQ(writes_, 0U);
  auto peer = make_replica(other);
  converse(peer);
  EXPECT_EQ(writes_, 1U);
  EXPECT_EQ(status(), "");
  EXPECT_EQ(highest().epoch, 2U) << "nothing later was known";
  EXPECT_EQ(highest().version >> write_count_bits, 7U);
  EXPECT_EQ(noted_, highest());
}

TEST_F(hive_core_hearing_test, later_slots_are_heard_whole_before_the_first_write_in_a_later_epoch) {
  start();
  auto peer = holder(other, 10);
  auto theirs = peer.slots_of(id_of(keys_of(self)));
  budget_ = 70'000; // each answer brings one of them
  link(other);
  converse(peer);
  for (const auto& each : theirs) {
    if (each->name.key == "a" || each->name == card_name())
      continue;
    auto held = core_->held().find(id_of(keys_of(self)), each->name);
    ASSERT_TRUE(held) << each->name.key;
    EXPECT_TRUE(held->payload.empty() || held->stamp == each->stamp);
  }
  EXPECT_EQ(highest().epoch, 3U);
  EXPECT_THAT(logged_, HasSubstr("continuing in a later epoch epoch=3"));
  peer.join(*over_the_wire(core_->held().delta_for(*peer.digest(), 10 * test_budget, 0)), test_now);
  EXPECT_FALSE(peer.quarantine_of(id_of(keys_of(self))));
  EXPECT_EQ(peer.find(id_of(keys_of(self)), {rumours, "a"})->payload, "new");
}

TEST_F(hive_core_hearing_test, its_own_slots_come_first_although_the_other_node_has_much_more_to_tell) {
  start();
  auto peer = holder();
  for (uint64_t number = 20; number < 60; ++number) {
    auto origin = make_replica(number);
    write(origin, note("k"), std::string(60'000, 'x'));
    pull(peer, origin);
  }
  link(other);
  converse(peer, 4);
  EXPECT_THAT(status(), HasSubstr("heard 1")) << "two exchanges suffice";
  pass(defaults::hearing_settle);
  EXPECT_EQ(status(), "") << "the others that it has heard of have no link";
  EXPECT_EQ(highest().epoch, 3U);
}

TEST_F(hive_core_hearing_test, all_that_are_linked_are_heard) {
  start(started_again(), {other, third});
  auto first = make_replica(other), second = holder(third);
  link(other);
  link(third);
  auto questions = sent_;
  converse(first);
  EXPECT_EQ(writes_, 0U) << "the other one knows more";
  sent_ = {questions.back()};
  converse(second);
  EXPECT_EQ(highest().epoch, 3U);
}

TEST_F(hive_core_hearing_test, a_node_that_claims_more_than_it_tells_is_left_after_a_while) {
  start();
  auto liar = make_replica(other);
  auto boasted = holder();
  auto boast = [&](const question_to_send& asked) {
    return msg<wire::GossipAnswer>::build([&](wire::GossipAnswer::Builder out) {
      out.setRoot({liar.root().data(), liar.root().size()});
      if (!asked.question->hasDigest())
        out.setDigest(*boasted.digest());
    });
  };
  link(other);
  size_t answered = 0;
  for (; !sent_.empty(); ++answered) {
    auto next = sent_.front();
    sent_.erase(sent_.begin());
    step(answer_received{liar.own_id(), boast(next)});
    ASSERT_LT(answered, 3 * defaults::max_hearing_exchanges) << "it is asked without end";
  }
  EXPECT_EQ(writes_, 0U);
  pass(defaults::hearing_patience);
  EXPECT_EQ(writes_, 1U);
  EXPECT_THAT(logged_, HasSubstr("No linked node told in time"));
}

TEST_F(hive_core_hearing_test, what_is_published_meanwhile_shows_in_the_node_list) {
  start();
  auto self_info = core_->node(id_of(keys_of(self)), now_);
  ASSERT_TRUE(self_info);
  EXPECT_STREQ((*self_info)->getNodes()[0].getSoftware().cStr(), "new");
}

TEST_F(hive_core_hearing_test, the_operator_ends_the_wait) {
  start();
  step(store_vouched{});
  EXPECT_EQ(writes_, 1U);
  EXPECT_EQ(status(), "");
  EXPECT_THAT(logged_, HasSubstr("The operator vouches"));
  step(store_vouched{});
  EXPECT_EQ(writes_, 1U);
}

TEST_F(hive_core_hearing_test, a_node_whose_note_equals_its_store_does_not_wait) {
  auto options = started_again();
  options.told = first_life().highest_of(id_of(keys_of(self)));
  start(options);
  EXPECT_TRUE(core_->is_disk_current());
  EXPECT_GT(writes_, 0U);
}

/// It ended between the write of a slot and the note of it: nobody was told.
TEST_F(hive_core_hearing_test, a_node_whose_store_is_ahead_of_its_note_in_the_same_run_does_not_wait) {
  auto newest = first_life().highest_of(id_of(keys_of(self)));
  ASSERT_GT(newest.version, 1U);
  auto options = started_again();
  options.told = write_stamp{newest.epoch, newest.version - 1};
  start(options);
  EXPECT_TRUE(core_->is_disk_current());
  EXPECT_GT(writes_, 0U);
}

TEST_F(hive_core_hearing_test, a_note_of_another_run_says_nothing_about_a_store_with_a_larger_stamp) {
  auto options = started_again();
  auto newest = first_life().highest_of(id_of(keys_of(self)));
  for (auto told : {write_stamp{newest.epoch - 1, newest.version}, write_stamp{newest.epoch, 0}}) {
    if (are_of_one_run(told, newest))
      continue;
    options.told = told;
    start(options);
    EXPECT_FALSE(core_->is_disk_current());
  }
}

TEST_F(hive_core_hearing_test, a_note_of_a_later_write_shows_that_the_disk_is_old) {
  auto options = started_again();
  options.told = write_stamp{1, 3};
  start(options);
  EXPECT_FALSE(core_->is_disk_current());
  EXPECT_EQ(writes_, 0U);
}

TEST_F(hive_core_hearing_test, a_node_that_knows_nobody_does_not_wait_unless_it_joins_others) {
  start(started_again(), {});
  EXPECT_GT(writes_, 0U);
  writes_ = 0;
  auto options = started_again();
  options.joins = true;
  start(options, {});
  EXPECT_EQ(writes_, 0U);
}

/// Two cores that lost power together, each with the other's card: neither has written in its new epoch.
TEST_F(hive_core_hearing_test, two_that_start_together_hear_each_other_and_both_write) {
  start();
  auto waiting = first_life();
  replica peer{keys_of(other), 2, admit_all};
  auto card = make_replica(other);
  for (const auto& each : card.slots_of(card.own_id()))
    ASSERT_FALSE(peer.restore(keys_of(other).public_part(), each));
  link(other);
  converse(peer);
  EXPECT_EQ(writes_, 1U);
}

} // namespace
} // namespace hive
