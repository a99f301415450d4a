#include "actors/hive/views.hpp"

#include "messages/ec.hpp"
#include "tests/actors/hive/view_network.hpp"
#include "tests/support/soak.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using kind = wire::ViewMessageKind;

uint64_t seeds() {
  return is_soak() ? 100 : 5;
}

TEST(views, up_to_32_nodes_everybody_links_with_everybody) {
  for (size_t n : {2, 3, 9, 32})
    for (uint64_t seed = 1; seed <= seeds(); ++seed) {
      SCOPED_TRACE(std::to_string(n) + " nodes, seed " + std::to_string(seed));
      view_network hive{n, seed};
      // In a running hive the cards tell who is there.
      for (size_t i = 0; i < n; ++i)
        for (size_t j = 0; j < n; ++j)
          hive[i].met({"n" + std::string(j < 10 ? "000" : "00") + std::to_string(j)});
      hive.run(3);
      for (size_t i = 0; i < n; ++i)
        ASSERT_THAT(hive.links_of(i), SizeIs(n - 1)) << i;
    }
}

TEST(views, above_that_each_has_a_few_links_and_all_are_connected) {
  for (size_t n : {33, 100, 1'000})
    for (uint64_t seed = 1; seed <= seeds(); ++seed) {
      SCOPED_TRACE(std::to_string(n) + " nodes, seed " + std::to_string(seed));
      view_network hive{n, seed};
      hive.run(10);
      ASSERT_TRUE(hive.is_connected());
      for (size_t i = 0; i < n; ++i) {
        ASSERT_LE(hive[i].active().size(), 8u);
        ASSERT_GE(hive.links_of(i).size(), 4u) << i;
      }
    }
}

TEST(views, are_connected_again_after_many_nodes_failed_at_once) {
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    view_network hive{200, seed};
    hive.run(10);
    hive.kill(100);
    hive.run(10);
    ASSERT_TRUE(hive.is_connected());
    for (size_t i = 0; i < hive.size(); ++i) {
      if (hive.is_alive(i)) {
        ASSERT_GE(hive.links_of(i).size(), 4u) << i;
      }
    }
  }
}

TEST(views, lost_messages_only_cost_time) {
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    view_network hive{100, seed, 0.3};
    for (size_t i = 1; i < hive.size(); ++i)
      hive[i].met({"n0000"}); // the seed of the configuration; a join can be lost
    hive.run(30);
    ASSERT_TRUE(hive.is_connected());
  }
}

TEST(views, a_full_node_refuses_but_not_one_in_need) {
  views full{{"self"}, 1, {.mesh_limit = 2, .active = 2, .passive = 4}};
  full.set_hive_size(100);
  for (auto* name : {"a", "b"})
    full.receive({name}, {kind::NEIGHBOR, {}, 0, {}});
  auto refused = full.receive({"c"}, {kind::NEIGHBOR, {}, 0, {}});
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused[0].what.kind, kind::REFUSE);
  auto accepted = full.receive({"c"}, {kind::NEIGHBOR_ALWAYS, {}, 0, {}});
  ASSERT_THAT(accepted, SizeIs(2));
  EXPECT_EQ(accepted[0].what.kind, kind::DISCONNECT);
  EXPECT_EQ(accepted[1].what.kind, kind::ACCEPT);
  EXPECT_THAT(full.active(), SizeIs(2));
  EXPECT_TRUE(full.active().contains({"c"}));
}

TEST(views, an_acceptance_that_nobody_asked_for_makes_no_link) {
  views node{{"self"}, 1};
  auto answer = node.receive({"a"}, {kind::ACCEPT, {}, 0, {}});
  EXPECT_THAT(node.active(), IsEmpty());
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_EQ(answer[0].what.kind, kind::DISCONNECT);
}

TEST(views, senseless_messages_do_no_harm) {
  views node{{"self"}, 1};
  node.set_hive_size(100);
  std::mt19937_64 random{5};
  const std::vector<node_id> names{{"self"}, {""}, {"a"}, {"b"}, {"c"}, {"d"}};
  auto any = [&] { return names[random() % names.size()]; };
  for (int i = 0; i < 100'000; ++i) {
    view_message message{static_cast<kind>(random() % 9), any(), static_cast<uint8_t>(random()), {any(), any()}};
    auto from = any();
    if (!from.value.empty())
      node.receive(from, message);
    if (i % 50 == 0)
      node.tick();
    ASSERT_FALSE(node.active().contains({"self"}) || node.passive().contains({"self"}));
    ASSERT_FALSE(node.active().contains({""}));
  }
}

TEST(views, a_forgotten_node_is_not_asked_again) {
  views node{{"self"}, 1};
  node.receive({"a"}, {kind::NEIGHBOR, {}, 0, {}});
  EXPECT_THAT(node.forget({"a"}), SizeIs(1));
  for (const auto& each : node.tick())
    EXPECT_NE(each.to, (node_id{"a"}));
}

TEST(views, messages_survive_the_way_over_the_wire) {
  view_message sent{kind::SHUFFLE, {"a"}, 6, {{"b"}, {"c"}}};
  auto carried = msg<wire::ViewMessage>::load(to_message(sent).bytes());
  ASSERT_TRUE(carried);
  auto got = from_message(**carried);
  EXPECT_EQ(got.kind, sent.kind);
  EXPECT_EQ(got.subject, sent.subject);
  EXPECT_EQ(got.hops, sent.hops);
  EXPECT_EQ(got.sample, sent.sample);
  auto hostile = to_message({kind::SHUFFLE_REPLY, {}, 0, {{"../x"}, {"good"}}});
  EXPECT_THAT(from_message(*hostile).sample, ElementsAre(node_id{"good"}));
}

TEST(views, options_out_of_range_are_named) {
  EXPECT_FALSE(views_options{}.validate());
  EXPECT_THAT(text_of(views_options{.active = 1}.validate()), HasSubstr("active"));
  EXPECT_THAT(text_of(views_options{.passive = 3}.validate()), HasSubstr("passive"));
  EXPECT_THAT(text_of(views_options{.join_hops = 1}.validate()), HasSubstr("passive_hops"));
}

} // namespace
} // namespace hive
