#include "tests/actors/benchmark/registry_fixture.hpp"

#include <gmock/gmock.h>

// Captures with results that the caller gives, and with some of the node's adapters.

namespace hive {
namespace {

using testing::HasSubstr;

struct registry_given : registry_fixture {
  registry_given() {
    add("a", [](auto) { return measured("latency", 7); });
    add("b", [](auto) { return measured("latency", 9); });
    start();
  }

  static std::set<std::string> adapters_of(const msg<wire::Snapshot>& snapshot) {
    std::set<std::string> out;
    for (auto each : snapshot->getAdapters())
      out.insert(each.getName().cStr());
    return out;
  }

  void expect_refused(const std::string& json, const std::string& why) {
    auto refused = capture_as(json);
    ASSERT_FALSE(refused) << json;
    EXPECT_EQ(code_of(refused.error()), ec::invalid) << json;
    EXPECT_THAT(text_of(refused.error()), HasSubstr(why)) << json;
  }
};

TEST_F(registry_given, what_the_caller_measured_is_part_of_the_capture_and_marked) {
  auto snapshot = capture_as(R"({"version":"v1","measurements":{
    "z":{"metrics":{"score":{"value":0.5,"direction":"higher","unit":"ratio"}},"duration_s":1.5},
    "skips":{"skipped":true,"reason":"no GPU here"},
    "fails":{"error":"it broke","tier":"heavy"}}})");
  ASSERT_TRUE(snapshot) << text_of(snapshot.error());
  EXPECT_EQ(outcome(*snapshot, "a"), "ok:");
  EXPECT_EQ(outcome(*snapshot, "z"), "ok:");
  EXPECT_EQ(outcome(*snapshot, "skips"), "skipped:no GPU here");
  EXPECT_EQ(outcome(*snapshot, "fails"), "error:it broke");
  EXPECT_EQ((*snapshot)->getAdapterErrors(), 1u);
  auto json = to_json(*snapshot);
  EXPECT_THAT(json, HasSubstr(R"("z":{"status":"ok","duration_s":1.5,"tier":"fast","given":true})"));
  EXPECT_THAT(
    json, HasSubstr(R"("fails":{"status":"error","reason":"it broke","duration_s":0,"tier":"heavy","given":true})"));
  EXPECT_THAT(json, HasSubstr(R"("score":{"adapter":"z","value":0.5)"));
  EXPECT_EQ(ask<wire::Snapshot>(*from_json<wire::SnapshotQuery>(R"({"version":"v1"})"))->bytes(), snapshot->bytes());
}

TEST_F(registry_given, a_given_result_takes_the_place_of_the_nodes_adapter) {
  auto snapshot = capture_as(R"({"version":"v1","measurements":{
    "a":{"metrics":{"latency":{"value":1,"direction":"lower","unit":"ms"}}}}})");
  ASSERT_TRUE(snapshot) << text_of(snapshot.error());
  EXPECT_EQ(adapters_of(*snapshot), (std::set<std::string>{"a", "b"}));
  EXPECT_THAT(to_json(*snapshot), HasSubstr(R"("a.latency":{"adapter":"a","value":1)"));
}

TEST_F(registry_given, adapters_says_which_of_the_node_measure) {
  EXPECT_EQ(adapters_of(*capture_as(R"({"version":"v1","adapters":["b"]})")), std::set<std::string>{"b"});
  EXPECT_EQ(adapters_of(*capture_as(R"({"version":"v1","adapters":[],"measurements":{"z":{"metrics":{}}}})")),
            std::set<std::string>{"z"});
  EXPECT_EQ(adapters_of(*capture_as(R"({"version":"v1","adapters":["b"],"measurements":{"z":{"error":"no"}}})")),
            (std::set<std::string>{"b", "z"}));
  auto nothing = capture_as(R"({"version":"v1","adapters":[]})");
  EXPECT_EQ(code_of(nothing.error()), ec::no_data);
}

TEST_F(registry_given, a_request_that_cannot_be_meant_is_refused_with_the_place) {
  expect_refused(R"({"version":"v1","adapters":["c"]})", "no adapter c");
  expect_refused(R"({"version":"v1","tier":"all","adapters":["a"],"measurements":{"a":{"error":"no"}}})", "a is given");
  expect_refused(R"({"version":"v1","measurements":{"z":{}}})", "/measurements/z must have");
  expect_refused(R"({"version":"v1","measurements":{"z":{"metrics":{},"error":"no"}}})", "/measurements/z must have");
  expect_refused(R"({"version":"v1","measurements":{"z":{"skipped":true,"error":"no"}}})", "/measurements/z must have");
  expect_refused(R"({"version":"v1","measurements":{"z":{"error":"no","reason":"why"}}})", "/measurements/z/reason");
  expect_refused(R"({"version":"v1","measurements":{"z":{"error":"no","tier":"all"}}})", "/measurements/z/tier");
  EXPECT_EQ((*capture("v1"))->getCaptureId(), 1u) << "none of them began a capture";
}

TEST_F(registry_given, metrics_that_cannot_be_stored_are_an_error_of_their_adapter_alone) {
  auto snapshot = capture_as(R"({"version":"v1","measurements":{
    "z":{"metrics":{"score":{"value":null,"direction":"higher"}}},
    "y":{"metrics":{"score":{"value":2,"direction":"higher","samples":[1,1]}}}}})");
  ASSERT_TRUE(snapshot) << text_of(snapshot.error());
  EXPECT_EQ(outcome(*snapshot, "z"), "error:reported a value of score that is not finite");
  EXPECT_THAT(outcome(*snapshot, "y"), HasSubstr("error:disagrees with itself"));
  EXPECT_EQ(outcome(*snapshot, "a"), "ok:");
}

TEST_F(registry_given, the_previous_version_is_the_newest_other_one_by_the_order_of_versions) {
  auto previous = [this](const std::string& version) {
    auto found =
      ask<wire::SnapshotSummary>(*from_json<wire::PreviousVersionQuery>(R"({"version":")" + version + "\"}"));
    return found ? std::string{(*found)->getVersion().cStr()} : std::string{to_string(code_of(found.error()))};
  };
  EXPECT_EQ(previous("v1"), "no_data");
  ASSERT_TRUE(capture("v9"));
  EXPECT_EQ(previous("v9"), "no_data") << "it is no other one";
  ASSERT_TRUE(capture("v10"));
  ASSERT_TRUE(capture("v10-rc1"));
  EXPECT_EQ(previous("v10"), "v10-rc1");
  EXPECT_EQ(previous("v9"), "v10");
  EXPECT_EQ(previous("v11"), "v10") << "the version itself needs no snapshot";
}

} // namespace
} // namespace hive
