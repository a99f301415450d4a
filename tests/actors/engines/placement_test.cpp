#include "actors/engines/placement.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "messages/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

template <class T>
msg<T> read(const std::string& json) {
  auto out = from_json<T>(json);
  if (!out)
    throw std::runtime_error(text_of(out.error()));
  return *out;
}

/// This node (b), a busy one (a), one without a label (c), one that is gone (d), one without a door (e).
msg<wire::NodeList> nodes() {
  return read<wire::NodeList>(R"({"nodes":[
    {"id":"a","name":"a","state":"active","address":"127.0.0.1:1","epoch":1,"labels":["big","fast"],"spawned":5},
    {"id":"b","name":"b","state":"active","address":"127.0.0.1:2","epoch":1,"labels":["big"],"spawned":2,"self":true},
    {"id":"c","name":"c","state":"active","address":"127.0.0.1:3","epoch":1,"spawned":2},
    {"id":"d","name":"d","state":"stale","address":"127.0.0.1:4","epoch":1,"labels":["big","gone"],"linked":true},
    {"id":"e","name":"e","state":"active","epoch":1,"labels":["big"],"linked":true},
    {"id":"f","name":"f","state":"quarantined","address":"127.0.0.1:6","epoch":1},
    {"id":"g","name":"g","state":"active"}]})");
}

class placement_test : public testing::Test {
protected:
  caf::expected<placed> choose(const std::string& node, const std::vector<std::string>& labels = {}) {
    auto wanted = msg<wire::SpawnRequest>::build([&](wire::SpawnRequest::Builder out) {
      out.setNode(node);
      auto list = out.initLabels(static_cast<uint32_t>(labels.size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        list.set(i, labels[i]);
    });
    return where.choose(*nodes(), place_wish::of(*wanted), path, now);
  }

  placement where;
  spawn_path path = spawn_path::door;
  placement::time_point now{};
};

TEST_F(placement_test, takes_the_node_that_is_named) {
  auto got = choose("a");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->node.value, "a");
  EXPECT_EQ(got->address, "127.0.0.1:1");
}

TEST_F(placement_test, refuses_a_named_node_that_cannot_take_it) {
  EXPECT_EQ(code_of(choose("nowhere").error()), ec::not_found);
  EXPECT_EQ(code_of(choose("d").error()), ec::unavailable);
  EXPECT_EQ(code_of(choose("e").error()), ec::unavailable);
  EXPECT_EQ(code_of(choose("f").error()), ec::unavailable);
  auto lacks = choose("c", {"big"});
  EXPECT_EQ(code_of(lacks.error()), ec::not_found);
  EXPECT_THAT(text_of(lacks.error()), HasSubstr("big"));
}

TEST_F(placement_test, takes_the_least_loaded_and_of_equals_this_node) {
  EXPECT_EQ(choose("")->node.value, "b");
}

TEST_F(placement_test, counts_what_it_sent_in_the_last_moments) {
  EXPECT_EQ(choose("")->node.value, "b");
  EXPECT_EQ(choose("")->node.value, "c");
  EXPECT_EQ(choose("")->node.value, "b");
  now += defaults::placement_memory + std::chrono::milliseconds{1};
  EXPECT_EQ(choose("")->node.value, "b") << "by now the nodes have told of it";
}

TEST_F(placement_test, wants_all_labels) {
  EXPECT_EQ(choose("", {"big"})->node.value, "b");
  EXPECT_EQ(choose("", {"big", "fast"})->node.value, "a");
  auto none = choose("", {"big", "gone"});
  EXPECT_EQ(code_of(none.error()), ec::not_found);
  EXPECT_THAT(text_of(none.error()), HasSubstr("big, gone"));
}

/// This node acts for engines that speak HTTP.
TEST_F(placement_test, over_links_takes_this_node_and_those_with_a_link_or_a_door_to_dial) {
  path = spawn_path::link;
  EXPECT_EQ(choose("b")->node.value, "b");
  EXPECT_EQ(choose("a")->node.value, "a") << "it can be dialled";
  EXPECT_EQ(choose("e")->node.value, "e") << "it has a link, and no door";
  EXPECT_EQ(choose("e")->address, "");
  EXPECT_EQ(code_of(choose("d").error()), ec::unavailable) << "it is linked and not active";
  auto unreachable = choose("g");
  EXPECT_EQ(code_of(unreachable.error()), ec::unavailable);
  EXPECT_THAT(text_of(unreachable.error()), HasSubstr("has no door"));
}

TEST_F(placement_test, over_links_takes_this_node_also_without_a_door) {
  path = spawn_path::link;
  auto alone = read<wire::NodeList>(R"({"nodes":[{"id":"b","name":"b","state":"active","self":true}]})");
  EXPECT_EQ(where.choose(*alone, {}, path, now)->node.value, "b");
  EXPECT_EQ(code_of(where.choose(*alone, {}, spawn_path::door, now).error()), ec::not_found);
}

TEST_F(placement_test, issuers_are_this_node_and_active_members) {
  auto all = nodes();
  for (const auto* good : {"a", "b", "c"})
    EXPECT_FALSE(check_issuer(*all, {good})) << good;
  EXPECT_THAT(text_of(check_issuer(*all, {"stranger"})), HasSubstr("no node of this hive"));
  EXPECT_THAT(text_of(check_issuer(*all, {"g"})), HasSubstr("no node of this hive")) << "known by hearsay alone";
  EXPECT_THAT(text_of(check_issuer(*all, {"d"})), HasSubstr("not active"));
  EXPECT_THAT(text_of(check_issuer(*all, {"f"})), HasSubstr("quarantine"));
}

} // namespace
} // namespace hive
