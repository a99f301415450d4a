#include "actors/hive/link/dial_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const endpoint door_a{"10.0.0.1", 7421}, door_b{"10.0.0.2", 7421};
const node_id node_a{"aaaa"}, node_b{"bbbb"};
const dial_plan::time_point start{};

dial_plan plan_of(std::initializer_list<endpoint> targets, dial_options options = {}) {
  dial_plan out{options, 1};
  for (const auto& at : targets)
    out.add(at, start);
  return out;
}

TEST(dial_plan, dials_at_once_and_one_at_a_time) {
  auto plan = plan_of({door_a, door_b});
  EXPECT_THAT(plan.due(start), ElementsAre(door_a, door_b));
  EXPECT_THAT(plan.due(start + 1h), IsEmpty()) << "both are being dialled";
  EXPECT_EQ(plan.next(), std::nullopt);
}

TEST(dial_plan, waits_longer_after_each_failure_up_to_a_bound) {
  auto plan = plan_of({door_a});
  auto now = start;
  for (auto expected : {100ms, 200ms, 400ms, 800ms, 1'600ms, 2'000ms, 2'000ms, 2'000ms}) {
    ASSERT_THAT(plan.due(now), ElementsAre(door_a));
    plan.failed(door_a, "why", now);
    ASSERT_TRUE(plan.next());
    EXPECT_GE(*plan.next() - now, expected / 2);
    EXPECT_LE(*plan.next() - now, expected);
    EXPECT_THAT(plan.due(*plan.next() - 1ns), IsEmpty());
    now = *plan.next();
  }
  for (int i = 0; i < 100; ++i) { // also tests that nothing overflows
    plan.due(now);
    plan.failed(door_a, "why", now);
    now = *plan.next();
  }
  EXPECT_THAT(plan.due(now), ElementsAre(door_a));
}

TEST(dial_plan, waits_differ_by_chance) {
  std::set<std::chrono::steady_clock::duration> waits;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    dial_plan plan{{}, seed};
    plan.add(door_a, start);
    plan.due(start);
    plan.failed(door_a, "why", start);
    waits.insert(*plan.next() - start);
  }
  EXPECT_GT(waits.size(), 5U);
}

TEST(dial_plan, leaves_linked_nodes_alone_until_the_link_is_lost) {
  auto plan = plan_of({door_a});
  plan.due(start);
  plan.linked(door_a, node_a);
  plan.link_up(node_a);
  EXPECT_THAT(plan.due(start + 1h), IsEmpty());
  EXPECT_EQ(plan.next(), std::nullopt);

  plan.link_down(node_b, start + 1h);
  EXPECT_THAT(plan.due(start + 2h), IsEmpty()) << "another node's loss";
  plan.link_down(node_a, start + 2h);
  EXPECT_THAT(plan.due(start + 2h), IsEmpty()) << "first a short wait";
  EXPECT_THAT(plan.due(start + 2h + 100ms), ElementsAre(door_a));
}

TEST(dial_plan, knows_a_node_under_one_address) {
  auto plan = plan_of({door_a});
  plan.due(start);
  plan.linked(door_a, node_a);
  EXPECT_TRUE(plan.add(door_b, node_a, start));
  EXPECT_THAT(plan.due(start), ElementsAre(door_a)) << "as long as there is no link";
  EXPECT_TRUE(plan.add(door_b, node_b, start));
  EXPECT_THAT(plan.due(start), ElementsAre(door_b));
}

TEST(dial_plan, a_moved_node_is_dialled_where_it_is_now) {
  auto plan = plan_of({});
  EXPECT_TRUE(plan.add(door_a, node_a, start));
  plan.failed(door_a, "why", start);
  EXPECT_TRUE(plan.add(door_b, node_a, start));
  EXPECT_THAT(plan.due(start), ElementsAre(door_b)) << "at once";
  plan.linked(door_b, node_a);
  plan.link_up(node_a);
  EXPECT_TRUE(plan.add(door_a, node_a, start)) << "it moves before its loss is noticed";
  plan.link_down(node_a, start);
  EXPECT_THAT(plan.due(start + 1s), ElementsAre(door_a));
}

TEST(dial_plan, a_node_that_moves_while_it_is_dialled_is_not_blamed_for_its_earlier_door) {
  auto plan = plan_of({});
  plan.add(door_a, node_a, start);
  EXPECT_THAT(plan.due(start), ElementsAre(door_a));
  plan.add(door_b, node_a, start);
  EXPECT_THAT(plan.due(start), ElementsAre(door_b));
  EXPECT_EQ(plan.expected_once(door_a), std::nullopt);
  EXPECT_FALSE(plan.failed(door_a, "refused", start)) << "nor is it worth a line in the log";
  plan.failed(door_b, "refused", start);
  EXPECT_THAT(plan.due(start + 1s), ElementsAre(door_b)) << "the earlier one is forgotten";
}

TEST(dial_plan, the_door_of_a_node_to_join_is_dialled_once_the_address_to_join_fails) {
  auto plan = plan_of({door_a});
  plan.due(start);
  plan.linked(door_a, node_a);
  plan.link_up(node_a);
  EXPECT_TRUE(plan.add(door_b, node_a, start)) << "what it advertises may be of no use here";
  plan.link_down(node_a, start);
  EXPECT_THAT(plan.due(start + 1s), ElementsAre(door_a));
  plan.failed(door_a, "refused", start + 1s);
  EXPECT_THAT(plan.due(start + 1s), ElementsAre(door_b));
  plan.failed(door_b, "refused", start + 1s);
  EXPECT_THAT(plan.due(start + 2s), ElementsAre(door_a, door_b)) << "until it is found at either";
  plan.linked(door_a, node_b);
  plan.failed(door_b, "refused", start + 2s);
  EXPECT_THAT(plan.due(start + 3s), testing::Contains(door_b)) << "somebody else answers at the address to join";
}

TEST(dial_plan, reports_a_failure_once) {
  auto plan = plan_of({door_a});
  EXPECT_TRUE(plan.failed(door_a, "refused", start));
  EXPECT_FALSE(plan.failed(door_a, "refused", start));
  EXPECT_TRUE(plan.failed(door_a, "no route", start));
  plan.linked(door_a, node_a);
  EXPECT_TRUE(plan.failed(door_a, "no route", start));
}

TEST(dial_plan, dials_once_and_forgets) {
  auto plan = plan_of({});
  EXPECT_TRUE(plan.add_once(door_a, node_a, start));
  EXPECT_EQ(plan.expected_once(door_a), node_a);
  EXPECT_THAT(plan.due(start), ElementsAre(door_a));
  EXPECT_FALSE(plan.failed(door_a, "why", start)) << "no line in the log";
  EXPECT_EQ(plan.next(), std::nullopt);
  EXPECT_EQ(plan.expected_once(door_a), std::nullopt);

  plan.add_once(door_a, node_a, start);
  EXPECT_THAT(plan.due(start), ElementsAre(door_a));
  plan.linked(door_a, node_a);
  plan.link_up(node_a);
  plan.add_once(door_a, node_a, start);
  EXPECT_THAT(plan.due(start), IsEmpty()) << "it is linked";
  plan.link_down(node_a, start);
  EXPECT_EQ(plan.next(), std::nullopt);
}

TEST(dial_plan, an_address_to_join_rests_while_there_are_other_links) {
  auto plan = plan_of({door_a});
  plan.due(start);
  plan.linked(door_a, node_a);
  plan.link_up(node_a);
  plan.link_up(node_b);
  plan.rest(node_a);
  plan.link_down(node_a, start);
  EXPECT_EQ(plan.next(), std::nullopt);
  plan.add_once(door_a, node_a, start);
  EXPECT_THAT(plan.due(start), ElementsAre(door_a));
  plan.failed(door_a, "why", start);
  EXPECT_EQ(plan.next(), std::nullopt);
  plan.link_down(node_b, start);
  EXPECT_THAT(plan.due(start + 1s), ElementsAre(door_a)) << "the last link is gone";
  plan.failed(door_a, "why", start + 1s);
  EXPECT_TRUE(plan.next()) << "until it succeeds";
}

TEST(dial_plan, an_address_that_is_dialled_anyway_goes_on_being_dialled) {
  auto plan = plan_of({door_a});
  EXPECT_TRUE(plan.add_once(door_a, node_a, start));
  EXPECT_EQ(plan.expected_once(door_a), std::nullopt);
  plan.due(start);
  plan.failed(door_a, "why", start);
  EXPECT_TRUE(plan.next());
}

TEST(dial_plan, a_node_that_rests_is_left_alone_until_it_is_added_again) {
  auto plan = plan_of({});
  plan.add(door_a, node_a, start);
  plan.rest(node_a);
  EXPECT_EQ(plan.next(), std::nullopt);
  plan.add(door_a, node_a, start);
  EXPECT_THAT(plan.due(start), ElementsAre(door_a));
  plan.rest(node_a); // while it is being dialled
  EXPECT_TRUE(plan.due(start + 1h).empty());
  plan.failed(door_a, "why", start);
  EXPECT_EQ(plan.next(), std::nullopt);
}

TEST(dial_plan, is_bounded) {
  auto plan = plan_of({}, {.max_targets = 3, .max_dials = 2});
  for (uint16_t port = 1; port <= 3; ++port)
    EXPECT_TRUE(plan.add({"10.0.0.1", port}, start));
  EXPECT_FALSE(plan.add({"10.0.0.1", 4}, start));
  EXPECT_TRUE(plan.add({"10.0.0.1", 3}, start)) << "it is there already";

  EXPECT_EQ(plan.due(start).size(), 2U);
  EXPECT_THAT(plan.due(start), IsEmpty());
  plan.failed({"10.0.0.1", 1}, "why", start);
  EXPECT_THAT(plan.due(start), ElementsAre(endpoint{"10.0.0.1", 3}));
  plan.forget({"10.0.0.1", 2});
  EXPECT_THAT(plan.due(start + 1s), ElementsAre(endpoint{"10.0.0.1", 1}));
}

} // namespace
} // namespace hive
