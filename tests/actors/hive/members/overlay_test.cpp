#include "actors/hive/members/overlay.hpp"

#include "messages/ec.hpp"
#include "tests/actors/hive/members/overlay_network.hpp"
#include "tests/support/soak.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

uint64_t seeds() {
  return is_soak() ? 100 : 5;
}

constexpr int ticks_to_settle = 40; ///< 20 s
constexpr int ticks_to_heal = 240;  ///< 2 minutes

std::vector<node_id> named(const std::string& letter, size_t count) {
  std::vector<node_id> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back({letter + std::to_string(i)});
  return out;
}

/// A node that never adds an extra link.
overlay contented(overlay_options options = {}) {
  options.ticks_per_exchange = UINT32_MAX;
  return overlay{1, options};
}

unlinked_nodes nobody() {
  return {};
}

// -- a whole hive ----------------------------------------------------------------

TEST(overlay, each_node_has_a_few_links_and_all_are_connected) {
  for (size_t n : {33, 100, 1'000})
    for (uint64_t seed = 1; seed <= seeds(); ++seed) {
      SCOPED_TRACE(std::to_string(n) + " nodes, seed " + std::to_string(seed));
      overlay_network hive{n, seed};
      hive.run(ticks_to_settle);
      ASSERT_TRUE(hive.is_connected());
      for (size_t i = 0; i < n; ++i) {
        // A few links may have changed since the last tick of the node.
        ASSERT_LE(hive.links_of(i).size(), 8u + 4u + 4u) << i;
        ASSERT_GE(hive.links_of(i).size(), 8u - 2u) << i;
      }
    }
}

TEST(overlay, three_links_each_are_enough_for_a_small_hive) {
  for (uint64_t seed = 1; seed <= 10 * seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    overlay_network hive{10, seed, {.mesh_limit = 4, .active = 3}};
    hive.run(ticks_to_heal);
    size_t apart = 0;
    for (int i = 0; i < ticks_to_heal; ++i) {
      hive.run(1);
      apart += !hive.is_connected();
    }
    ASSERT_LE(apart, ticks_to_heal / 10u) << "groups that are content with each other meet again";
  }
}

TEST(overlay, are_connected_again_after_half_of_the_nodes_failed_at_once) {
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    overlay_network hive{200, seed};
    hive.run(ticks_to_settle);
    hive.kill(100);
    hive.run(ticks_to_settle);
    ASSERT_TRUE(hive.is_connected());
    for (size_t i = 0; i < hive.size(); ++i) {
      if (hive.is_alive(i)) {
        ASSERT_GE(hive.links_of(i).size(), 4u) << i;
      }
    }
  }
}

TEST(overlay, the_sides_of_a_partition_find_each_other_again) {
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    overlay_network hive{60, seed};
    hive.run(ticks_to_settle);
    hive.partition(20);
    hive.run(2 * ticks_to_heal);
    ASSERT_FALSE(hive.is_connected());
    hive.partition(0);
    hive.run(ticks_to_heal);
    ASSERT_TRUE(hive.is_connected());
  }
}

TEST(overlay, a_node_that_fails_with_all_its_neighbours_is_noticed) {
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    overlay_network hive{60, seed};
    hive.run(ticks_to_settle);
    for (auto link : std::set<size_t>{hive.links_of(7)})
      hive.kill_node(link);
    hive.kill_node(7);
    hive.run(ticks_to_heal);
    EXPECT_TRUE(hive.is_missed(7));
  }
}

TEST(overlay, dials_that_fail_only_cost_time) {
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    overlay_network hive{100, seed, {}, 0.3};
    hive.run(2 * ticks_to_settle);
    ASSERT_TRUE(hive.is_connected());
    for (size_t i = 0; i < hive.size(); ++i)
      ASSERT_GE(hive.links_of(i).size(), 4u) << i;
  }
}

// -- a node ----------------------------------------------------------------------

TEST(overlay, seeks_links_with_active_nodes) {
  auto node = contented();
  auto wanted = node.tick(named("linked", 5), [] { return unlinked_nodes{named("there", 20), named("gone", 20)}; });
  ASSERT_THAT(wanted.dial, SizeIs(3));
  for (const auto& each : wanted.dial)
    EXPECT_THAT(each.value, HasSubstr("there"));
  EXPECT_THAT(wanted.close, IsEmpty());
  EXPECT_THAT(node.tick(named("linked", 8), nobody).dial, IsEmpty());
}

TEST(overlay, waits_for_its_dials_but_not_for_ever) {
  auto node = contented({.active = 2});
  auto others = [] { return unlinked_nodes{named("there", 2), {}}; };
  EXPECT_THAT(node.tick({}, others).dial, SizeIs(2));
  EXPECT_THAT(node.tick({}, others).dial, IsEmpty());
  node.dial_failed({"there0"});
  EXPECT_THAT(node.tick({}, others).dial, ElementsAre(node_id{"there0"}));
  size_t again = 0;
  for (int i = 0; i < 20; ++i)
    again += node.tick({}, others).dial.size();
  EXPECT_GE(again, 2u);
  EXPECT_LE(again, 6u);
}

TEST(overlay, tries_absent_nodes_one_at_a_time_when_no_other_is_left) {
  auto node = contented();
  auto others = [] { return unlinked_nodes{named("there", 2), named("gone", 9)}; };
  EXPECT_THAT(node.tick({}, others).dial, SizeIs(3));
  EXPECT_THAT(node.tick({}, others).dial, SizeIs(1));
}

TEST(overlay, redials_lost_nodes_first) {
  auto node = contented();
  node.link_lost({"lost"});
  auto wanted = node.tick(named("linked", 7), [] { return unlinked_nodes{named("there", 20), {{"lost"}}}; });
  EXPECT_THAT(wanted.dial, ElementsAre(node_id{"lost"}));
  node.dial_failed({"lost"});
  wanted = node.tick(named("linked", 7), [] { return unlinked_nodes{named("there", 1), {{"lost"}}}; });
  EXPECT_THAT(wanted.dial, ElementsAre(node_id{"there0"}));
}

TEST(overlay, closes_only_superfluous_links) {
  auto node = contented();
  EXPECT_THAT(node.tick(named("linked", 12), nobody).close, IsEmpty());
  auto linked = named("linked", 15);
  auto closed = node.tick(linked, nobody).close;
  ASSERT_THAT(closed, SizeIs(3));
  for (const auto& each : closed)
    EXPECT_THAT(linked, testing::Contains(each));
}

TEST(overlay, adds_a_random_link_now_and_then) {
  overlay node{1, {.ticks_per_exchange = 10}};
  std::map<node_id, int> dialled;
  for (int i = 0; i < 10'000; ++i)
    for (const auto& each :
         node.tick(named("linked", 8),
                   [] {
                     return unlinked_nodes{named("there", 2), named("gone", 2)};
                   })
           .dial) {
      ++dialled[each];
      node.dial_failed(each);
    }
  EXPECT_THAT(dialled, SizeIs(4));
  for (const auto& [id, times] : dialled)
    EXPECT_NEAR(times, 250, 100) << id.value;
}

TEST(overlay, options_out_of_range_are_named) {
  EXPECT_FALSE(overlay_options{}.validate());
  EXPECT_THAT(text_of(overlay_options{.active = 1}.validate()), HasSubstr("active"));
  EXPECT_THAT(text_of(overlay_options{.mesh_limit = 4}.validate()), HasSubstr("mesh_limit"));
  EXPECT_THAT(text_of(overlay_options{.ticks_per_exchange = 0}.validate()), HasSubstr("ticks_per_exchange"));
}

} // namespace
} // namespace hive
