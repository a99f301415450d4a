#include "messages/history.capnp.h"
#include "messages/json.hpp"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto stepped = R"({"adapter":"a","name":"m","direction":"lower","unit":"ms","analysed":4,"points":[
  {"capture_id":1,"version":"v1","captured_at":"2026-02-24T12:00:00Z","value":10},
  {"capture_id":2,"version":"v2","captured_at":"2026-02-25T12:00:00Z","value":10},
  {"capture_id":3,"version":"v2","captured_at":"2026-02-25T13:00:00Z","value":99,"deleted":"a backup ran",
   "deleted_at":"2026-02-26T12:00:00Z","disturbed":"throttled"},
  {"capture_id":4,"version":"v3","captured_at":"2026-02-27T12:00:00Z","value":12.5},
  {"capture_id":5,"version":"v4","captured_at":"2026-02-28T12:00:00Z","value":0.0125,"incomparable":"its unit is s"},
  {"capture_id":6,"version":"v4","captured_at":"2026-02-28T13:00:00Z","value":12.5,"imported":true}],
  "changes":[{"adapter":"a","metric":"m","kind":"step","capture_id":4,"at":"2026-02-27T12:00:00Z","version":"v3",
   "previous_version":"v2","before":10,"after":12.5,"change_pct":25,"unit":"ms","p":1.234e-7,"worse":true,
   "suspects":["v3","v2","v4","v1"]},
   {"adapter":"a","metric":"m","kind":"variance","capture_id":6,"at":"2026-02-28T13:00:00Z","version":"v4",
   "previous_version":"v4","before":1,"after":0.5,"change_pct":-50,"unit":"ms","p":0.0002,"worse":false,"suspects":[]}],
  "current":{"level":12.5,"deviation":0.25,"values":2,"capture_id":4,"since":"2026-02-27T12:00:00Z","version":"v3"}})";

constexpr auto drifting = R"({"adapter":"-","name":"m","direction":"higher","analysed":60,"points":[],"next":7,
  "changes":[{"adapter":"-","metric":"m","kind":"drift","capture_id":60,"at":"2026-02-27T12:00:00Z","version":"v9",
   "previous_version":"v1","before":10,"after":9,"change_pct":-10,"p":1e-9,"worse":true,"suspects":[]}],
  "drift":{"per_capture":-0.017,"first":10,"last":9,"change_pct":-10,"p":1e-9,"deviation":0.1,"worse":true},
  "current":{"level":9,"deviation":0.1,"values":60,"capture_id":1,"since":"2026-02-24T12:00:00Z","version":"v1"}})";

constexpr auto list = R"({"metrics":12,"next":"5-4-0","changes":[{"adapter":"a","metric":"m.n","kind":"step",
  "capture_id":4,"at":"2026-02-27T12:00:00Z","version":"v3","previous_version":"v2","before":0,"after":12.5,
  "change_pct":null,"unit":"","p":0,"worse":false,"suspects":["v3"]}]})";

fake_node answering(std::string body) {
  return fake_node{[body = std::move(body)](const fake_request&) { return fake_response{200, body}; }};
}

std::string after_the_rule(const std::string& text) {
  return text.substr(text.find("─\n"));
}

TEST(snapshot_history, shows_bars_the_present_the_changes_and_what_does_not_count) {
  auto node = answering(stepped);
  auto result = hivectl(node.url(), {"snapshot", "history", "a.m"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/metrics/a/m/history?limit=1000");
  EXPECT_THAT(result.out, HasSubstr("Metric       a.m in ms, lower is better\n"
                                    "Captures     6, from 2026-02-24T12:00:00Z (v1) to 2026-02-28T13:00:00Z (v4)\n"
                                    "History      ▁▁ █ █\n"
                                    "Now          12.5 ms (deviation 0.25) since capture 4 (v3, "
                                    "2026-02-27T12:00:00Z): 2 values\n"));
  EXPECT_THAT(result.out, HasSubstr("2026-02-27T12:00:00Z        4  step, worse   10 ms  12.5 ms  +25.00%  1.2e-07  "
                                    "v2..v3   v3, v2, v4 or 1 more\n"));
  EXPECT_THAT(result.out, HasSubstr("2026-02-28T13:00:00Z        6  less noise     1 ms   0.5 ms  -50.00%   0.0002  "
                                    "v4..v4   no version: within the captures of one\n"));
  EXPECT_THAT(result.out, HasSubstr("      3  2026-02-25T13:00:00Z  v2           99  deleted at 2026-02-26T12:00:00Z: "
                                    "a backup ran; disturbed: throttled\n"));
  EXPECT_THAT(result.out, HasSubstr("      5  2026-02-28T12:00:00Z  v4       0.0125  its unit is s\n"));
}

TEST(snapshot_history, says_where_a_metric_drifts) {
  auto node = answering(drifting);
  auto result = hivectl(node.url(), {"snapshot", "history", ".m", "--limit", "5"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/metrics/-/m/history?limit=5");
  EXPECT_THAT(result.out, HasSubstr("Metric       -.m, higher is better\n"));
  EXPECT_THAT(result.out, HasSubstr("Drift        -0.017 a capture, for the worse: from 10 to 9 (-10.00%, p 1e-09)\n"));
  EXPECT_THAT(after_the_rule(result.out), HasSubstr("drift, worse"));
}

TEST(snapshot_history, without_changes_says_so) {
  auto node = answering(R"({"adapter":"a","name":"m","direction":"lower","analysed":3,"points":[],"changes":[]})");
  EXPECT_THAT(hivectl(node.url(), {"snapshot", "history", "a.m"}).out,
              HasSubstr("No change in the newest 3 values.\n"));
}

TEST(snapshot_history, as_json_is_the_nodes_answer) {
  auto node = answering(stepped);
  auto result = hivectl(node.url(), {"--json", "snapshot", "history", "a.m", "--samples"});
  EXPECT_EQ(node.requests().back().target, "/api/v1/metrics/a/m/history?limit=1000&samples=true");
  auto history = from_json<wire::MetricHistory>(result.out);
  ASSERT_TRUE(history) << text_of(history.error());
  EXPECT_EQ((*history)->getPoints().size(), 6u);
}

TEST(snapshot_history, tries_each_dot_between_adapter_and_metric) {
  fake_node node{[](const fake_request& request) {
    if (request.target.find("/metrics/my.own/p95%2Fall/") != std::string::npos)
      return fake_response{200, stepped};
    return problem(404, R"({"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"no )" +
                          std::to_string(request.target.size()) + R"("})");
  }};
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "history", "my.own.p95/all"}).status, 0);
  EXPECT_EQ(node.requests().size(), 2u);
  auto unknown = hivectl(node.url(), {"snapshot", "history", "a.b.c"});
  EXPECT_EQ(unknown.status, 66);
  EXPECT_EQ(node.requests().size(), 4u);
  EXPECT_THAT(unknown.err, HasSubstr("no ")) << "what the node says of the first";
}

TEST(snapshot_history, needs_an_adapter_and_a_metric) {
  auto node = answering(stepped);
  for (const auto* metric : {"m", "m.", ""}) {
    auto result = hivectl(node.url(), {"snapshot", "history", metric});
    EXPECT_EQ(result.status, 64) << metric;
    EXPECT_THAT(result.err, HasSubstr("ADAPTER.METRIC"));
  }
  EXPECT_TRUE(node.requests().empty());
}

TEST(changes, are_listed_with_the_way_to_older_ones) {
  auto node = answering(list);
  auto result = hivectl(node.url(), {"--wide", "changes", "--worse", "--limit", "7", "--after", "9-8-0"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/changes?limit=7&worse=true&after=9-8-0");
  EXPECT_THAT(result.out,
              HasSubstr("2026-02-27T12:00:00Z  a.m.n   step, better       0   12.5       -  0  v2..v3   v3\n"
                        "There are older ones: --after 5-4-0\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("than a node lists")));
  auto as_json = from_json<wire::ChangeList>(hivectl(node.url(), {"--json", "changes"}).out);
  ASSERT_TRUE(as_json) << text_of(as_json.error());
  EXPECT_EQ(node.requests().back().target, "/api/v1/changes?limit=100");
}

TEST(changes, of_no_metric_are_none) {
  auto node = answering(R"({"metrics":3,"changes":[]})");
  EXPECT_EQ(hivectl(node.url(), {"changes"}).out, "No changes among the 3 metrics.\n");
}

TEST(snapshot_captures, show_what_was_deleted_and_what_was_disturbed) {
  auto node = answering(R"({"version":"v1","captures":[
    {"capture_id":3,"captured_at":"2026-02-24T12:00:00Z","tier":"fast","metric_count":12,"node":"alpha",
     "deleted":"a backup ran","deleted_at":"2026-02-25T12:00:00Z"},
    {"capture_id":7,"captured_at":"2026-02-25T12:00:00Z","tier":"heavy","metric_count":12,"node":"alpha",
     "disturbed":"gpu: throttled"},
    {"capture_id":9,"captured_at":"2026-02-26T12:00:00Z","tier":"fast","metric_count":12,"node":"alpha"}]})");
  auto result = hivectl(node.url(), {"snapshot", "captures", "v1"});
  EXPECT_THAT(result.out, HasSubstr("alpha  deleted at 2026-02-25T12:00:00Z: a backup ran\n"));
  EXPECT_THAT(result.out, HasSubstr("alpha  disturbed: gpu: throttled\n"));
  EXPECT_THAT(result.out, HasSubstr("alpha  -\n"));
}

} // namespace
} // namespace hive::test
