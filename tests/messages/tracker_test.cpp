#include "messages/json.hpp"
#include "messages/tracker.capnp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

namespace hive {
namespace {

using testing::HasSubstr;

template <class T>
std::string reason(std::string_view text) {
  json_error why;
  return from_json<T>(text, why) ? "accepted" : why.message();
}

constexpr std::string_view hartos_delta =
  R"({"coding_benchmarks": {"fix": {"ruff": {"success_rate": 0.882, "avg_time_s": 23.26, "sample_count": 306}},)"
  R"( "review": {}}, "ts": 1771934400.5})";

TEST(tracker_json, a_record_reads_as_agent_engines_write_it) {
  auto record = from_json<wire::TaskRecord>(
    R"({"task_type": "code review", "tool_name": "claude/code 4", "completion_time_s": 2.518, "success": false,)"
    R"( "model_name": "", "user_id": "u2", "offloaded": true})");
  ASSERT_TRUE(record);
  EXPECT_STREQ((*record)->getTaskType().cStr(), "code review");
  EXPECT_EQ((*record)->getCompletionTimeS(), 2.518);
  EXPECT_FALSE((*record)->getSuccess());
  EXPECT_TRUE((*record)->getOffloaded());
  EXPECT_EQ((*record)->getTimestamp(), 0);
}

TEST(tracker_json, a_bad_record_is_refused_with_its_field) {
  auto with = [](std::string_view task_type, std::string_view time) {
    return reason<wire::TaskRecord>(R"({"task_type": ")" + std::string{task_type} +
                                    R"(", "tool_name": "ruff", "success": true, "completion_time_s": )" +
                                    std::string{time} + "}");
  };
  EXPECT_EQ(with("fix", "0"), "accepted");
  EXPECT_EQ(with(std::string(128, 'x'), "604800"), "accepted");
  EXPECT_THAT(with(std::string(129, 'x'), "1"), HasSubstr("/task_type is longer than 128 bytes"));
  EXPECT_THAT(with("", "1"), HasSubstr("/task_type is required"));
  EXPECT_THAT(with("fix", "-1"), HasSubstr("/completion_time_s must be at least 0"));
  EXPECT_THAT(with("fix", "604801"), HasSubstr("/completion_time_s must be at most 604800"));
  EXPECT_THAT(with("fix", "1e999"), HasSubstr("/completion_time_s"));
  EXPECT_THAT(reason<wire::TaskRecord>(R"({"task_type": "fix", "tool_name": "ruff", "completion_time_s": 1})"),
              HasSubstr("/success is required"));
}

TEST(tracker_json, a_delta_is_a_map_of_maps) {
  auto delta = from_json<wire::LearningDelta>(hartos_delta);
  ASSERT_TRUE(delta);
  auto tasks = (*delta)->getCodingBenchmarks();
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_STREQ(tasks[0].getTaskType().cStr(), "fix");
  EXPECT_EQ(tasks[1].getTools().size(), 0u);
  auto tool = tasks[0].getTools()[0];
  EXPECT_STREQ(tool.getToolName().cStr(), "ruff");
  EXPECT_EQ(tool.getSampleCount(), 306u);
  EXPECT_FALSE(tool.hasSums());
  EXPECT_EQ((*delta)->getTs(), 1771934400.5);
  EXPECT_EQ(to_json(*delta), R"({"coding_benchmarks":{"fix":{"ruff":{"success_rate":0.882,"avg_time_s":23.26,)"
                             R"("sample_count":306}},"review":{}},"ts":1771934400.5})");
}

TEST(tracker_json, exact_sums_survive_json_to_the_last_digit) {
  auto delta = msg<wire::LearningDelta>::build([](auto root) {
    auto task = root.initCodingBenchmarks(1)[0];
    task.setTaskType("fix");
    auto tool = task.initTools(1)[0];
    tool.setToolName("ruff");
    tool.setSampleCount(3);
    auto sums = tool.initSums();
    sums.setSuccesses(2);
    sums.setTimeUs((uint64_t{1} << 62) + 1);
    sums.setTimeUs2High(5);
    sums.setTimeUs2Low(~uint64_t{0});
    sums.setLogTimePpm(-14'000'001);
  });
  auto text = to_json(delta);
  EXPECT_THAT(text, HasSubstr(R"("sums":{"successes":2,"time_us":"4611686018427387905","time_us2_high":5,)"
                              R"("time_us2_low":"18446744073709551615","log_time_ppm":-14000001})"));
  auto back = from_json<wire::LearningDelta>(text);
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), text);
}

TEST(tracker_json, an_impossible_delta_is_refused_with_its_place) {
  auto with = [](std::string_view tool) {
    return reason<wire::LearningDelta>(R"({"coding_benchmarks": {"fix": {"ruff": )" + std::string{tool} + "}}}");
  };
  EXPECT_THAT(with(R"({"success_rate": 1.1, "avg_time_s": 1, "sample_count": 5})"),
              HasSubstr("/coding_benchmarks/fix/ruff/success_rate must be at most 1"));
  EXPECT_THAT(with(R"({"success_rate": 1, "avg_time_s": -1, "sample_count": 5})"), HasSubstr("/avg_time_s"));
  EXPECT_THAT(with(R"({"success_rate": 1, "avg_time_s": 1, "sample_count": 0})"), HasSubstr("/sample_count"));
  EXPECT_THAT(with(R"({"success_rate": 1, "avg_time_s": 1, "sample_count": -5})"), HasSubstr("/sample_count"));
  EXPECT_THAT(with(R"({"success_rate": 1, "sample_count": 5})"), HasSubstr("/avg_time_s is required"));
}

TEST(tracker_json, a_delta_may_hold_more_than_its_schema) {
  auto delta = from_json<wire::LearningDelta>(R"({"coding_benchmarks": {"fix": {"ruff": {"success_rate": 1,
    "avg_time_s": 1, "sample_count": 5, "median_s": [1]}}}, "autoresearch": {"session_id": "s"}, "node": null})");
  ASSERT_TRUE(delta);
  EXPECT_FALSE((*delta)->hasAutoresearch());
  // Required fields and scalars must nevertheless match the schema.
  EXPECT_THAT(reason<wire::LearningDelta>(R"({"coding_benchmarks": []})"), HasSubstr("must be an object"));
  EXPECT_THAT(reason<wire::LearningDelta>(R"({"coding_benchmarks": {}, "ts": "now"})"), HasSubstr("/ts"));
  EXPECT_THAT(reason<wire::TaskSource>(R"({"source": "s", "more": 1})"), HasSubstr("is not a known field"));
}

TEST(tracker_json, a_route_shows_null_for_what_nobody_measured) {
  auto route = msg<wire::Route>::build([](auto root) {
    root.setTaskType("fix");
    root.setToolName("ruff");
    root.setReason(wire::RouteReason::AVAILABLE);
  });
  EXPECT_EQ(to_json(route), R"({"task_type":"fix","tool_name":"ruff","reason":"available","exploring":false,)"
                            R"("claim":"none","sample_count":0,"success_rate":null,"avg_time_s":null})");
}

TEST(tracker_json, route_explores_and_best_does_not_unless_asked) {
  auto route = from_json<wire::RouteQuery>(R"({"task_type": "fix", "available": ["a", "b"], "override": "b"})");
  ASSERT_TRUE(route);
  EXPECT_EQ((*route)->getPolicy(), wire::RoutingPolicy::EXPLORE);
  auto best = from_json<wire::BestToolQuery>(R"({"task_type": "fix", "scope": "hive"})");
  ASSERT_TRUE(best);
  EXPECT_EQ((*best)->getPolicy(), wire::RoutingPolicy::THRESHOLD);
  EXPECT_EQ((*best)->getScope(), wire::ToolScope::HIVE);
}

} // namespace
} // namespace hive
