#include "tests/actors/hive/core/core_fixture.hpp"

#include <set>

// Rules of a single core: durability before publication, pushes, and delivery to services.

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class hive_core_test : public core_fixture {
protected:
  using core_fixture::core_fixture;
};

// -- options ---------------------------------------------------------------------

TEST(hive_core_options, two_topics_of_one_number_are_refused) {
  auto options = options_of(1);
  options.topics.push_back(rumour_rules());
  EXPECT_THAT(text_of(options.validate()), HasSubstr("two topics have the number 100"));
  options.topics = {rumour_rules()};
  EXPECT_FALSE(options.validate());
  options.topics[0].kind = slot_kind::card;
  EXPECT_TRUE(options.validate()) << "0 is the card's";
  options.topics[0] = {rumours, "rumours", {}};
  EXPECT_THAT(text_of(options.validate()), HasSubstr("decoder"));
}

// -- publishing ------------------------------------------------------------------

TEST_F(hive_core_test, no_slot_is_published_before_it_is_durable) {
  link(2);
  auto out = step(publish_slots{rumours, {{"a", "news"}}});
  ASSERT_THAT(out.to_store, SizeIs(1));
  EXPECT_THAT(out.to_send, IsEmpty());
  EXPECT_EQ(own_rumour(), "");
  written(std::move(out));
  EXPECT_EQ(own_rumour(), "news");
  EXPECT_EQ(pushes(), std::vector<uint64_t>{2});
}

TEST_F(hive_core_test, a_write_that_failed_is_tried_again_with_the_next_pulse) {
  auto out = step(publish_slots{rumours, {{"a", "news"}}});
  take(step(store_done{store_purpose::own_slots, fail(ec::storage_failed, "the disk is full")}));
  EXPECT_THAT(logged_, HasSubstr("the disk is full"));
  EXPECT_EQ(own_rumour(), "");
  written(step(pulse_due{}));
  EXPECT_EQ(own_rumour(), "news");
}

TEST_F(hive_core_test, the_first_change_is_published_at_once_and_later_ones_at_their_pace) {
  say("one");
  EXPECT_EQ(own_rumour(), "one");
  auto out = step(publish_slots{rumours, {{"a", "two"}}});
  EXPECT_THAT(out.to_store, IsEmpty());
  ASSERT_TRUE(out.wake_at);
  EXPECT_EQ(*out.wake_at, now_.steady + defaults::min_publish_interval);
  EXPECT_FALSE(step(publish_slots{rumours, {{"a", "three"}}}).wake_at) << "it is awake then anyway";
  pass(defaults::min_publish_interval);
  written(step(wake_due{}));
  EXPECT_EQ(own_rumour(), "three");
  pass(1s);
  EXPECT_THAT(step(publish_slots{rumours, {{"a", "three"}}}).to_store, IsEmpty()) << "nothing new";
}

TEST_F(hive_core_test, what_is_no_topic_is_not_published) {
  take(step(publish_slots{slot_kind{101}, {{"a", "news"}}}));
  EXPECT_THAT(logged_, HasSubstr("101"));
}

// -- pushes ----------------------------------------------------------------------

TEST_F(hive_core_test, pushed_slots_are_passed_on_but_not_back) {
  for (uint64_t number : {2, 3, 4})
    link(number);
  sent_.clear();
  auto origin = make_replica(9);
  auto answer = push_from(origin, 2);
  EXPECT_FALSE(answer->getRedundant());
  EXPECT_FALSE(answer->hasDigest());
  EXPECT_EQ(pushes(), (std::vector<uint64_t>{3, 4}));
  EXPECT_TRUE(core_.held().key_of(origin.own_id()));
}

TEST_F(hive_core_test, a_repeated_push_is_redundant_when_enough_others_push) {
  for (uint64_t number = 2; number <= 8; ++number)
    link(number);
  auto origin = make_replica(9);
  EXPECT_FALSE(push_from(origin, 2)->getRedundant());
  size_t redundant = 0;
  for (uint64_t number = 3; number <= 8; ++number)
    redundant += push_from(origin, number)->getRedundant();
  EXPECT_EQ(redundant, 7 - defaults::push_degree) << "as many as are needed stay";
}

TEST_F(hive_core_test, a_node_with_redundant_pushes_is_not_pushed_to) {
  for (uint64_t number = 2; number <= 8; ++number)
    link(number);
  sent_.clear();
  say("one");
  EXPECT_THAT(pushes(true), SizeIs(7));
  pass(1s);
  say("two");
  EXPECT_THAT(pushes(true), SizeIs(defaults::push_degree)) << "fewer are never left";
  pass(1s);
  say("three");
  auto ways = pushes();
  ASSERT_THAT(ways, SizeIs(defaults::push_degree));
  take(step(link_down{id_of(keys_of(ways.front())), "gone"}));
  pass(1s);
  say("four");
  EXPECT_THAT(pushes(), SizeIs(defaults::push_degree)) << "another takes its place";
}

TEST_F(hive_core_test, a_node_to_which_too_few_push_asks_for_it_and_gets_it) {
  for (uint64_t number = 2; number <= 8; ++number)
    link(number);
  sent_.clear();
  say("one");
  auto all = pushes(true);
  pass(1s);
  say("two");
  auto ways = pushes(true);
  auto left_out = *std::ranges::find_if(all, [&](auto each) { return std::ranges::find(ways, each) == ways.end(); });
  auto other = make_replica(left_out);
  gossip::contents wish;
  wish.wants_pushes = true;
  take(step(question_received{id_of(keys_of(left_out)), gossip::begin(other, wish)}));
  pass(1s);
  say("three");
  EXPECT_THAT(pushes(), testing::Contains(left_out));
}

TEST_F(hive_core_test, exchanges_that_others_began_count_for_the_round) {
  for (uint64_t number : {2, 3, 4, 5})
    link(number);
  EXPECT_EQ(round(), 2u);
  ask_from(2, core_.held().root());
  EXPECT_EQ(round(), 1u);
  EXPECT_EQ(round(), 2u) << "those before the last round do not count";
  for (uint64_t number : {2, 3, 4, 5})
    ask_from(number, core_.held().root());
  EXPECT_EQ(round(), 1u) << "an own exchange remains";
  for (uint64_t number : {2, 3})
    ask_from(number, root_hash{});
  EXPECT_EQ(round(), 2u) << "differences are not settled by these exchanges";
}

TEST_F(hive_core_test, a_push_with_a_gap_is_followed_by_an_exchange) {
  link(2);
  auto origin = make_replica(9);
  write(origin, note("a"), "1");
  auto since = origin.highest_of(origin.own_id());
  write(origin, note("b"), "2");
  auto answer = push_from(origin, 2, since);
  EXPECT_TRUE(answer->hasDigest());
  EXPECT_FALSE(answer->getRedundant());
  EXPECT_THAT(logged_, testing::Not(HasSubstr("Slot rejected"))) << "that happens to honest nodes";
}

TEST_F(hive_core_test, an_answer_with_a_digest_goes_on_with_what_is_missing_there) {
  link(2);
  sent_.clear();
  say("one");
  ASSERT_THAT(sent_, SizeIs(1));
  auto other = make_replica(2);
  join_outcome joined;
  auto given = gossip::answer(other, *std::exchange(sent_, {})[0].question, test_now, {}, joined);
  ASSERT_TRUE(given) << "as a node answers that knows no pushes";
  written(step(answer_received{other.own_id(), *given}));
  ASSERT_THAT(sent_, SizeIs(1));
  EXPECT_TRUE(sent_[0].question->hasDigest());
  ASSERT_TRUE(gossip::answer(other, *sent_[0].question, test_now, {}, joined));
  EXPECT_TRUE(other.find(core_.held().own_id(), {rumours, "a"}));
}

TEST_F(hive_core_test, a_slow_node_gets_all_changes_with_its_next_push) {
  link(2);
  sent_.clear();
  say("one");
  ASSERT_THAT(sent_, SizeIs(1));
  pass(1s);
  say("two");
  pass(1s);
  say("three");
  EXPECT_THAT(sent_, SizeIs(1)) << "one question at a time";
  sent_.clear();
  answer(2);
  ASSERT_THAT(sent_, SizeIs(1));
  auto slots = sent_[0].question->getDelta().getOrigins()[0].getSlots();
  ASSERT_EQ(slots.size(), 1U);
  auto payload = slots[0].getPayload().asChars();
  EXPECT_EQ((std::string{payload.begin(), payload.size()}), "three");
}

TEST_F(hive_core_test, a_node_that_was_away_gets_much_and_passes_on_what_its_sender_wrote_alone) {
  link(2);
  link(3);
  sent_.clear();
  auto sender = make_replica(2), other = make_replica(9);
  pull(sender, other);
  join_outcome joined;
  auto second = msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
    out.setRoot({sender.root().data(), sender.root().size()});
    out.setDigest(*sender.digest());
    out.setDelta(*sender.delta_for(*core_.held().digest(), test_budget, 0));
  });
  written(step(question_received{sender.own_id(), second}));
  EXPECT_TRUE(core_.held().key_of(other.own_id()));
  ASSERT_THAT(sent_, SizeIs(1));
  EXPECT_EQ(sent_[0].to, id_of(keys_of(3)));
  EXPECT_EQ(sent_[0].question->getDelta().getOrigins().size(), 1U);
}

// -- services --------------------------------------------------------------------

TEST_F(hive_core_test, services_get_each_slot_once_and_decoded) {
  link(2);
  auto origin = make_replica(9);
  write(origin, {rumours, "a"}, "hello");
  push_from(origin, 2);
  push_from(origin, 2);
  ASSERT_THAT(delivered_, SizeIs(1));
  const auto& news = std::get<slots_accepted>(delivered_[0]);
  EXPECT_EQ(news.kind, rumours);
  EXPECT_EQ(news.origin, origin.own_id());
  ASSERT_THAT(news.slots, SizeIs(1));
  EXPECT_EQ(*content_as<std::string>(news.slots[0].content), "hello");
  auto node = core_.node(origin.own_id(), now_);
  ASSERT_TRUE(node);
  EXPECT_STREQ((*node)->getNodes()[0].getSoftware().cStr(), "hello") << "the topic describes the node";
}

TEST_F(hive_core_test, an_erased_slot_is_delivered_without_content) {
  link(2);
  auto origin = make_replica(9);
  write(origin, {rumours, "a"}, "hello");
  push_from(origin, 2);
  auto since = origin.highest_of(origin.own_id());
  write(origin, {rumours, "a"}, "");
  push_from(origin, 2, since);
  ASSERT_THAT(delivered_, SizeIs(2));
  EXPECT_FALSE(std::get<slots_accepted>(delivered_[1]).slots[0].content);
}

TEST_F(hive_core_test, an_equivocators_slots_are_withdrawn) {
  link(2);
  auto origin = make_replica(9);
  write(origin, {rumours, "a"}, "hello");
  push_from(origin, 2);
  auto twin = make_replica(9);
  write(twin, {rumours, "a"}, "goodbye");
  push_from(twin, 2);
  ASSERT_THAT(delivered_, SizeIs(2));
  EXPECT_EQ(std::get<slots_withdrawn>(delivered_[1]).origin, origin.own_id());
  EXPECT_THAT(logged_, HasSubstr("is quarantined"));
}

TEST_F(hive_core_test, the_end_of_a_quarantine_delivers_all_slots_again) {
  link(2);
  auto origin = make_replica(9);
  write(origin, {rumours, "a"}, "hello");
  push_from(origin, 2);
  uint64_t version = 100;
  for (int i = 0; i < 3; ++i)
    written(step(question_received{
      id_of(keys_of(2)),
      gossip::push(origin, forged_delta{keys_of(9).public_part(),
                                        {},
                                        {signed_slot(keys_of(9), {rumours, "b"}, {1, ++version}, "impossible")},
                                        nullptr}
                             .make())}));
  ASSERT_THAT(delivered_, SizeIs(2));
  EXPECT_TRUE(std::holds_alternative<slots_withdrawn>(delivered_[1]));
  written(step(question_received{
    id_of(keys_of(2)),
    gossip::push(
      origin,
      forged_delta{keys_of(9).public_part(), {}, {signed_slot(keys_of(9), {rumours, "b"}, {2, 1}, "sorry")}, nullptr}
        .make())}));
  ASSERT_GE(delivered_.size(), 3U);
  size_t slots = 0;
  for (auto i = delivered_.begin() + 2; i != delivered_.end(); ++i)
    slots += std::get<slots_accepted>(*i).slots.size();
  EXPECT_GE(slots, 2U);
}

TEST(hive_core_restart, services_get_the_stored_slots) {
  core_time now{tick_point{1h}, test_now};
  auto origin = make_replica(9);
  write(origin, {rumours, "a"}, "hello");
  hive_core core{options_of(1, 2), now};
  for (const auto& each : origin.slots_of(origin.own_id()))
    ASSERT_FALSE(core.restore(*to_stored(keys_of(9).public_part(), *each)));
  auto out = core.begin(now);
  ASSERT_THAT(out.to_publish, SizeIs(1));
  EXPECT_EQ(std::get<slots_accepted>(out.to_publish[0]).slots[0].key, "a");
}

// -- links in use ----------------------------------------------------------------

class large_hive_core_test : public hive_core_test {
protected:
  large_hive_core_test() : hive_core_test{large_options()} {
    for (uint64_t number = 2; number <= 9; ++number) {
      link(number);
      auto origin = make_replica(number);
      write(origin, {rumours, "a"}, "there");
      push_from(origin, number);
    }
  }

  static hive_core_options large_options() {
    auto out = options_of(1);
    out.overlay = {.mesh_limit = 3, .active = 2};
    return out;
  }

  /// Closes links until there are not too many. Returns those that were closed.
  std::set<node_id> close_superfluous() {
    std::set<node_id> out;
    for (int i = 0; i < 100; ++i) {
      pass(500ms);
      auto pulse = step(pulse_due{});
      for (const auto& order : pulse.to_door)
        if (const auto* close = std::get_if<close_link>(&order); close && out.insert(close->node).second)
          written(step(link_down{close->node, "links enough", true}));
      written(std::move(pulse));
    }
    return out;
  }
};

TEST_F(large_hive_core_test, a_link_in_use_is_not_closed_and_does_not_count) {
  auto used = std::set{id_of(keys_of(2)), id_of(keys_of(3)), id_of(keys_of(4))};
  step(links_used{used});
  auto closed = close_superfluous();
  EXPECT_THAT(closed, SizeIs(3)) << "of five others, two stay";
  for (const auto& node : used)
    EXPECT_FALSE(closed.contains(node));
  step(links_used{});
  EXPECT_THAT(close_superfluous(), SizeIs(3)) << "now all five that are left count";
}

// -- questions -------------------------------------------------------------------

TEST_F(hive_core_test, one_node_is_found_by_its_id) {
  auto self = core_.node(core_.held().own_id(), now_);
  ASSERT_TRUE(self);
  ASSERT_EQ((*self)->getNodes().size(), 1U);
  EXPECT_TRUE((*self)->getNodes()[0].getSelf());
  auto none = core_.node({"00000000000000000000000000000000"}, now_);
  ASSERT_FALSE(none);
  EXPECT_EQ(code_of(none.error()), ec::not_found);
}

} // namespace
} // namespace hive
