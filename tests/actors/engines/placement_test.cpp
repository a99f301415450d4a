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

TEST_F(placement_test, wants_the_tier_or_a_higher_one) {
  auto tiers = read<wire::NodeList>(R"({"nodes":[
    {"id":"a","state":"active","address":"127.0.0.1:1","epoch":1,"tier":"central","spawned":2},
    {"id":"b","state":"active","address":"127.0.0.1:2","epoch":1,"self":true},
    {"id":"c","state":"active","address":"127.0.0.1:3","epoch":1,"tier":"regional","spawned":1}]})");
  auto of_tier = [&](wire::NodeTier tier, const std::string& node = {}) {
    return where.choose(*tiers, {.node = node, .tier = tier}, path, now += defaults::placement_memory * 2);
  };
  EXPECT_EQ(of_tier(wire::NodeTier::FLAT)->node.value, "b");
  EXPECT_EQ(of_tier(wire::NodeTier::REGIONAL)->node.value, "c");
  EXPECT_EQ(of_tier(wire::NodeTier::CENTRAL)->node.value, "a");
  auto low = of_tier(wire::NodeTier::CENTRAL, "c");
  EXPECT_EQ(code_of(low.error()), ec::not_found);
  EXPECT_EQ(text_of(low.error()), "node c is of tier regional, not of central or higher");
  auto none = where.choose(*tiers, {.labels = {"big"}, .tier = wire::NodeTier::CENTRAL}, path, now);
  EXPECT_EQ(text_of(none.error()), "no active node has the labels big and the tier central or a higher one");
}

TEST_F(placement_test, wants_the_memory_of_a_benchmark) {
  auto wish = place_wish::of(*read<wire::SpawnRequest>(
    R"({"spec":{"benchmark":{"name":"n","repo_url":"file:///x","run_command":["x"],"min_vram_gb":4}},"tier":"regional"})"));
  ASSERT_TRUE(wish.gpu);
  EXPECT_EQ(wish.gpu->mib, gpu_need_of(4, false).mib);
  EXPECT_EQ(wish.tier, wire::NodeTier::REGIONAL);
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

// -- GPUs ------------------------------------------------------------------------

/// b is this node, without a GPU. a is idle and small; c is large and in use; d is large, in use, and others wait
/// there.
msg<wire::NodeList> gpu_nodes(const std::string& more = {}) {
  return read<wire::NodeList>(R"({"nodes":[
    {"id":"a","state":"active","address":"127.0.0.1:1","epoch":1,"spawned":9,
     "gpu_mib":8000,"free_gpu_mib":7168,"idle_gpu_mib":8000},
    {"id":"b","state":"active","address":"127.0.0.1:2","epoch":1,"self":true},
    {"id":"c","state":"active","address":"127.0.0.1:3","epoch":1,"spawned":3,"labels":["big"],
     "gpu_mib":80000,"free_gpu_mib":20480},
    {"id":"d","state":"active","address":"127.0.0.1:4","epoch":1,"gpu_mib":80000,"gpu_requests":2,
     "gpu_promised_at":"2030-01-01T00:00:00Z"},
    {"id":"e","state":"stale","address":"127.0.0.1:5","epoch":1,"gpu_mib":80000,"idle_gpu_mib":80000})" +
                              more + "]}");
}

class gpu_placement_test : public testing::Test {
protected:
  caf::expected<placed> choose(double gb, const std::string& node = {}, const std::vector<std::string>& labels = {},
                               bool shared = false) {
    return where.choose(*nodes, {node, labels, gpu_need_of(gb, shared)}, spawn_path::door, now);
  }

  std::string chosen(double gb, bool shared = false) {
    auto out = choose(gb, {}, {}, shared);
    return out ? out->node.value : text_of(out.error());
  }

  msg<wire::NodeList> nodes = gpu_nodes();
  placement where;
  placement::time_point now{};
};

TEST_F(gpu_placement_test, a_command_that_requires_a_gpu_needs_a_whole_one_and_a_lease_has_at_least_512_mib) {
  auto request = read<wire::SpawnRequest>(
    R"({"spec":{"adapter":{"name":"n","command":["/x"],"requires_gpu":true,"min_vram_gb":4}},"labels":["big"]})");
  auto wish = place_wish::of(*request);
  EXPECT_EQ(wish.labels, std::vector<std::string>{"big"});
  ASSERT_TRUE(wish.gpu);
  EXPECT_EQ(wish.gpu->mib, 3815U) << "4e9 bytes, rounded up";
  EXPECT_FALSE(wish.gpu->shared);
  EXPECT_EQ(gpu_need_of(0, true).mib, 512U);
  auto light = read<wire::SpawnRequest>(R"({"spec":{"adapter":{"name":"n","command":["/x"]}}})");
  EXPECT_FALSE(place_wish::of(*light).gpu);
}

TEST_F(gpu_placement_test, prefers_a_node_where_it_is_free_now_however_busy_otherwise) {
  EXPECT_EQ(chosen(4), "a");
  EXPECT_EQ(chosen(40), "c") << "a is too small for it; nobody waits at c";
}

TEST_F(gpu_placement_test, a_shared_lease_is_free_where_a_part_of_a_gpu_is) {
  EXPECT_EQ(chosen(20, true), "c");
  nodes = gpu_nodes(R"(,{"id":"f","state":"active","address":"127.0.0.1:6","epoch":1,"gpu_mib":80000,)"
                    R"("idle_gpu_mib":80000,"spawned":20})");
  EXPECT_EQ(chosen(20, false), "f") << "a whole one is free there alone";
}

TEST_F(gpu_placement_test, among_busy_ones_takes_the_earliest_promise_then_the_shortest_queue_then_the_least_loaded) {
  nodes = gpu_nodes(R"(,{"id":"f","state":"active","address":"127.0.0.1:6","epoch":1,"gpu_mib":90000,)"
                    R"("gpu_requests":9,"gpu_promised_at":"2029-01-01T00:00:00Z"},)"
                    R"({"id":"g","state":"active","address":"127.0.0.1:7","epoch":1,"gpu_mib":90000,)"
                    R"("gpu_requests":1,"gpu_promised_at":"2029-01-01T00:00:00Z","spawned":9})");
  EXPECT_EQ(chosen(90), "g");
  nodes = gpu_nodes(R"(,{"id":"f","state":"active","address":"127.0.0.1:6","epoch":1,"gpu_mib":80000,)"
                    R"("gpu_requests":9,"gpu_promised_at":"2029-01-01T00:00:00Z"})");
  EXPECT_EQ(choose(40, {}, {"big"})->node.value, "c");
  where = {};
  EXPECT_EQ(chosen(40), "c") << "nobody waits there";
}

TEST_F(gpu_placement_test, counts_what_it_sent_to_a_gpu_in_the_last_moments) {
  nodes = gpu_nodes(R"(,{"id":"f","state":"active","address":"127.0.0.1:6","epoch":1,"gpu_mib":8000,)"
                    R"("idle_gpu_mib":8000,"spawned":20})");
  EXPECT_EQ(chosen(4), "a");
  EXPECT_EQ(chosen(4), "f") << "a is about to be busy";
  now += defaults::placement_memory + std::chrono::milliseconds{1};
  EXPECT_EQ(chosen(4), "a");
}

TEST_F(gpu_placement_test, says_what_each_node_lacks) {
  auto none = choose(100);
  EXPECT_EQ(code_of(none.error()), ec::unsupported);
  for (const auto* part : {"95368 MiB", "node a can lease at most 8000 MiB on one GPU", "node b has no GPU",
                           "node d can lease at most 80000 MiB", "node e is not active"})
    EXPECT_THAT(text_of(none.error()), HasSubstr(part));
  auto labelled = choose(4, {}, {"gone"});
  EXPECT_EQ(code_of(labelled.error()), ec::not_found);
  EXPECT_THAT(text_of(labelled.error()), HasSubstr("node a lacks the label gone"));
  auto named = choose(4, "b");
  EXPECT_EQ(code_of(named.error()), ec::unsupported);
  EXPECT_THAT(text_of(named.error()), HasSubstr("node b has no GPU"));
  EXPECT_EQ(choose(4, "d")->node.value, "d") << "it is named, so its queue does not matter";
}

TEST_F(gpu_placement_test, does_not_describe_a_whole_large_hive) {
  std::string more;
  for (int i = 0; i < 100; ++i)
    more += R"(,{"id":"n)" + std::to_string(i) + R"(","state":"active","address":"127.0.0.1:9","epoch":1})";
  nodes = gpu_nodes(more);
  auto none = choose(100);
  EXPECT_THAT(text_of(none.error()), HasSubstr("and 97 further nodes"));
  EXPECT_LT(text_of(none.error()).size(), 1'000U);
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
