#include "tests/actors/hive/core/core_fixture.hpp"
#include "tests/actors/hive/core/core_network.hpp"
#include "tests/support/seed.hpp"

#include <ranges>

// Urgent topics, which go to their readers at once, and topics that wait for admission.

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr slot_kind orders{101}, promises{102};

slot_rules text_rules(slot_kind kind, const char* name) {
  slot_rules out;
  out.kind = kind;
  out.name = name;
  out.decode = [](std::string_view, std::string_view payload) { return make_content(std::string{payload}); };
  return out;
}

hive_core_options with_special_topics() {
  auto out = options_of(1);
  out.topics.push_back(text_rules(orders, "orders"));
  out.topics.back().is_urgent = true;
  out.topics.push_back(text_rules(promises, "promises"));
  out.topics.back().waits_for_admission = true;
  return out;
}

class hive_core_urgent_test : public core_fixture {
protected:
  hive_core_urgent_test() : core_fixture{with_special_topics()} {
  }

  void order(const std::string& text) {
    written(step(publish_slots{orders, {{"0", text}}}));
  }

  std::string held(slot_kind kind) {
    auto found = core_.held().find(core_.held().own_id(), {kind, "0"});
    return found ? found->payload : "";
  }

  void promise(const std::string& text) {
    written(step(publish_slots{promises, {{"0", text}}}));
  }
};

TEST_F(hive_core_urgent_test, readers_are_pushed_to_although_others_are_sooner) {
  for (uint64_t number = 2; number <= 9; ++number)
    link(number);
  sent_.clear();
  say("one");
  auto all = pushes(true);
  pass(1s);
  say("two");
  auto ways = pushes(true);
  ASSERT_THAT(ways, SizeIs(defaults::push_degree));
  std::set<node_id> readers;
  std::vector<uint64_t> expected;
  for (auto number : all)
    if (std::ranges::find(ways, number) == ways.end()) {
      readers.insert(id_of(keys_of(number)));
      expected.push_back(number);
    }
  ASSERT_THAT(expected, SizeIs(8 - defaults::push_degree));
  step(slot_readers{orders, readers});
  pass(1s);
  order("go");
  auto got = pushes(true);
  EXPECT_TRUE(std::ranges::includes(got, expected));
  pass(1s);
  say("three");
  EXPECT_EQ(pushes(true), ways) << "the ways of pushes are what they were";
}

TEST_F(hive_core_urgent_test, what_its_author_has_told_the_readers_is_not_passed_on_to_them) {
  for (uint64_t number = 2; number <= 5; ++number)
    link(number);
  step(slot_readers{orders, {id_of(keys_of(2)), id_of(keys_of(3)), id_of(keys_of(4))}});
  auto author = make_replica(2);
  write(author, card_name(), card_payload("author"));
  push_from(author, 2);
  pushes();
  pass(1s);
  auto before = author.highest_of(author.own_id());
  write(author, {orders, "0"}, "go");
  push_from(author, 2, before);
  EXPECT_THAT(pushes(), testing::ElementsAre(5)) << "who is no reader";
  pass(1s);
  before = author.highest_of(author.own_id());
  write(author, {orders, "0"}, "go on");
  push_from(author, 3, before);
  EXPECT_THAT(pushes(), testing::ElementsAre(2, 4, 5)) << "it came by a third node";
  pass(1s);
  before = author.highest_of(author.own_id());
  write(author, {rumours, "a"}, "by the way");
  push_from(author, 2, before);
  EXPECT_THAT(pushes(), testing::ElementsAre(3, 4, 5)) << "not urgent";
}

TEST(hive_core_urgent, readers_stay_linked_in_a_hive_too_large_for_a_full_mesh) {
  HIVE_RANDOM_SEED(seed);
  core_network_options options{.nodes = 24, .seed = seed};
  options.overlay = {.mesh_limit = 6, .active = 4};
  options.topics.push_back(text_rules(orders, "orders"));
  options.topics.back().is_urgent = true;
  core_network hive{options};
  ASSERT_TRUE(hive.run_until([&] { return hive.all_know_all(); }, 3'600s));
  std::set<node_id> readers;
  for (size_t node = 0; node < 8; ++node)
    readers.insert(hive.id(node));
  for (size_t node = 0; node < 8; ++node)
    hive.order_readers(node, {orders, readers});
  hive.run(60s);
  for (size_t node = 0; node < 8; ++node)
    EXPECT_GE(hive.links_of(node), 7U) << node;
  hive.publish(0, {orders, {{"0", "go"}}});
  auto is_heard = [&] {
    return std::ranges::all_of(std::views::iota(1, 8), [&](int node) {
      auto held = hive.at(static_cast<size_t>(node)).held().find(hive.id(0), {orders, "0"});
      return held != nullptr;
    });
  };
  EXPECT_TRUE(hive.run_until(is_heard, 300ms)) << "in one hop";
  EXPECT_TRUE(hive.run_until([&] { return hive.all_have(0, {orders, "0"}); }, 30s)) << "and by all others later";
}

TEST_F(hive_core_urgent_test, are_published_at_their_own_pace) {
  link(2);
  step(slot_readers{orders, {id_of(keys_of(2))}});
  order("one");
  EXPECT_EQ(held(orders), "one");
  pass(49ms);
  auto out = step(publish_slots{orders, {{"0", "two"}}});
  EXPECT_THAT(out.to_store, IsEmpty());
  EXPECT_EQ(out.wake_at, now_.steady + 1ms);
  pass(1ms);
  written(step(wake_due{}));
  EXPECT_EQ(held(orders), "two");
}

TEST_F(hive_core_urgent_test, nothing_goes_out_while_nothing_changes) {
  link(2);
  step(slot_readers{orders, {id_of(keys_of(2))}});
  order("one");
  answer(2);
  sent_.clear();
  for (int i = 0; i < 100; ++i) {
    pass(50ms);
    auto out = step(wake_due{});
    EXPECT_FALSE(out.wake_at);
    take(out);
    order("one");
  }
  EXPECT_THAT(sent_, IsEmpty());
}

/// A hive in which each node answers an order with one of its own, by number: the chain of `hops` orders takes little.
TEST(hive_core_urgent, three_hops_take_a_part_of_a_second_in_any_profile) {
  HIVE_RANDOM_SEED(seed);
  for (auto* profile : {"lan", "minimal"}) {
    core_network_options options{.nodes = 5, .seed = seed, .gossip = *find_profile(profile)};
    options.topics.push_back(text_rules(orders, "orders"));
    options.topics.back().is_urgent = true;
    core_network hive{options};
    ASSERT_TRUE(hive.run_until([&] { return hive.all_know_all(); }, 3'600s));
    hive.run(10s);
    std::set<node_id> all;
    for (size_t node = 0; node < hive.size(); ++node)
      all.insert(hive.id(node));
    for (size_t node = 0; node < hive.size(); ++node)
      hive.order_readers(node, {orders, all});
    auto begin = hive.now();
    for (size_t hop = 0; hop < 4; ++hop) {
      hive.publish(hop, {orders, {{"0", std::to_string(hop)}}});
      ASSERT_TRUE(hive.run_until(
        [&] {
          auto held = hive.at(hop + 1).held().find(hive.id(hop), {orders, "0"});
          return held && held->payload == std::to_string(hop);
        },
        10s))
        << profile << ", hop " << hop;
    }
    auto took = std::chrono::duration_cast<std::chrono::milliseconds>(hive.now() - begin);
    std::printf("profile %s: four hops in %ld ms\n", profile, static_cast<long>(took.count()));
    EXPECT_LT(took, 200ms);
  }
}

// -- admission ---------------------------------------------------------------------

TEST_F(hive_core_urgent_test, what_waits_for_admission_is_written_when_its_owner_says_so) {
  promise("old");
  promise("newer");
  EXPECT_EQ(held(promises), "");
  say("others go on");
  EXPECT_EQ(own_rumour(), "others go on");
  EXPECT_EQ(held(promises), "");
  written(step(slots_admitted{promises}));
  EXPECT_EQ(held(promises), "newer");
  pass(1s);
  promise("newest");
  EXPECT_EQ(held(promises), "newest");
}

TEST_F(hive_core_urgent_test, a_payload_that_was_heard_is_not_overwritten_before_admission) {
  auto lost = make_replica(1, 2);
  write(lost, {promises, "0"}, "of a later start");
  link(2);
  promise("of the old disk");
  auto holder = make_replica(2);
  pull(holder, lost);
  written(step(question_received{
    id_of(keys_of(2)), over_the_wire(gossip::push(holder, holder.delta_since({{lost.own_id(), {}}}, test_budget)))}));
  EXPECT_EQ(held(promises), "of a later start");
  pass(1s);
  written(step(pulse_due{})); // raises the epoch
  say("again");
  EXPECT_EQ(core_.held().highest_own_epoch(), 3U) << "it writes again";
  EXPECT_EQ(held(promises), "of a later start");
  auto own = std::ranges::count_if(delivered_, [&](const topic_update& each) {
    auto* got = std::get_if<slots_accepted>(&each);
    return got && got->kind == promises && got->origin == core_.held().own_id() &&
           *content_as<std::string>(got->slots.at(0).content) == "of a later start";
  });
  EXPECT_EQ(own, 1) << "its owner hears of it";
  written(step(slots_admitted{promises}));
  EXPECT_EQ(held(promises), "of the old disk") << "the last word of its owner";
}

TEST_F(hive_core_urgent_test, the_owner_is_told_when_its_slot_is_durable) {
  written(step(slots_admitted{promises}));
  auto out = step(publish_slots{promises, {{"0", "mine"}}});
  EXPECT_THAT(out.to_publish, IsEmpty());
  auto done = step(store_done{store_purpose::own_slots, {}, 0});
  ASSERT_THAT(done.to_publish, SizeIs(1));
  EXPECT_EQ(std::get<slots_accepted>(done.to_publish[0]).origin, core_.held().own_id());
}

} // namespace
} // namespace hive
