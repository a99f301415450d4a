#include "storage/hartos/hartos_snapshot.hpp"

#include "messages/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A file as HART OS writes it: a time in seconds, members that snapshots do not keep, a reason in place of `true`, a
// metric that must not be compared, and results of a foreign benchmark that are not metrics.
constexpr std::string_view hartos_file = R"({
  "version": "v1.2", "git_sha": "abc", "timestamp": 1771934400.25, "tier": "fast",
  "benchmarks": {
    "world_model": {"metrics": {
      "flush_rate": {"value": 0.5, "direction": "higher", "unit": "ratio"},
      "hivemind_queries": {"value": 7, "direction": "higher", "unit": "count", "gate": false,
                           "absolute_margin": 3, "floor": -2, "margin": 0.1, "resolution": 1, "kind": "count",
                           "advisory": true, "same_environment": ["kernel"]}}},
    "regression": {"metrics": {}, "error": "pytest collected no tests", "output_tail": "..."},
    "quantiphy": {"skipped": true, "reason": "not available"},
    "guardrail": {"metrics": {"hash_match": {"value": true, "unit": "bool", "margin": 7, "kind": "of its own",
                                             "advisory": "no", "same_environment": [1]}}},
    "deployed": {"metrics": {}, "skipped": "no test suite"},
    "foreign": {"metrics": {"machine_info": {"cpu": 8}, "datetime": "now", "ms": {"value": 3, "direction": "lower"}}},
    "broken": 7}})";

TEST(hartos_snapshot, reads_the_nested_form_as_hart_os_writes_it) {
  auto read = read_hartos_snapshot(hartos_file, "file-name");
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_EQ(read->snapshot->getVersion(), "v1.2");
  auto snapshot = read->snapshot->getSnapshot();
  EXPECT_EQ(snapshot.getCapturedAt(), 1'771'934'400'250'000);
  EXPECT_EQ(snapshot.getGitSha(), "abc");
  auto adapters = snapshot.getBenchmarks();
  ASSERT_EQ(adapters.size(), 6u);
  auto counter = adapters[0].getMetrics()[1];
  EXPECT_EQ(counter.getValue(), 7);
  EXPECT_FALSE(counter.getGate());
  EXPECT_EQ(counter.getAbsoluteMargin(), 3);
  EXPECT_EQ(counter.getFloor(), -2);
  EXPECT_EQ(counter.getMargin(), .1);
  EXPECT_EQ(counter.getResolution(), 1);
  EXPECT_EQ(counter.getKind(), wire::MetricKind::COUNT);
  EXPECT_TRUE(counter.getAdvisory());
  ASSERT_EQ(counter.getSameEnvironment().size(), 1u);
  EXPECT_EQ(counter.getSameEnvironment()[0], "kernel");
  EXPECT_EQ(counter.getScope(), "");
  EXPECT_TRUE(adapters[0].getMetrics()[0].getGate());
  EXPECT_TRUE(std::isnan(adapters[0].getMetrics()[0].getAbsoluteMargin()));
  EXPECT_EQ(adapters[1].getError(), "pytest collected no tests");
  EXPECT_TRUE(adapters[2].getSkipped());
  EXPECT_EQ(adapters[3].getMetrics()[0].getValue(), 1);
  EXPECT_TRUE(std::isnan(adapters[3].getMetrics()[0].getMargin())) << "another type or range is not given";
  EXPECT_EQ(adapters[3].getMetrics()[0].getSameEnvironment().size(), 0u);
  EXPECT_EQ(adapters[3].getMetrics()[0].getDirection(), wire::Direction::HIGHER);
  EXPECT_TRUE(adapters[4].getSkipped());
  EXPECT_EQ(adapters[4].getReason(), "no test suite");
  EXPECT_EQ(adapters[5].getMetrics().size(), 1u);
  EXPECT_THAT(read->notes,
              ElementsAre(HasSubstr("/benchmarks/foreign/metrics/machine_info"),
                          HasSubstr("/benchmarks/foreign/metrics/datetime"), HasSubstr("/benchmarks/broken")));
}

TEST(hartos_snapshot, a_file_of_hart_os_is_known_by_its_time_in_seconds) {
  EXPECT_TRUE(is_hartos_snapshot(hartos_file));
  for (const char* other : {R"({"version":"v1","benchmarks":{}})", R"({"timestamp":1,"metrics":{}})",
                            R"({"timestamp":1,"benchmarks":[]})", "[]", "{", ""})
    EXPECT_FALSE(is_hartos_snapshot(other)) << other;
}

TEST(hartos_snapshot, a_file_without_version_has_that_of_its_name) {
  for (const char* text : {R"({"benchmarks":{"a":{"metrics":{"m":{"value":1}}}}})",
                           R"({"metrics":{"m":{"value":1,"direction":"lower","adapter":"a"}}})"}) {
    auto read = read_hartos_snapshot(text, "v7");
    ASSERT_TRUE(read) << text_of(read.error());
    EXPECT_EQ(read->snapshot->getVersion(), "v7");
    EXPECT_THAT(read->document, HasSubstr(R"("version":"v7")"));
  }
  auto named = read_hartos_snapshot(R"({"version":"v8","metrics":{}})", "v7");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->snapshot->getVersion(), "v8");
}

TEST(hartos_snapshot, what_is_no_snapshot_is_refused) {
  auto code = [](std::string_view text, std::string_view stem = "v1") {
    auto read = read_hartos_snapshot(text, stem);
    return read ? ec::none : code_of(read.error());
  };
  for (const char* text :
       {"", "[]", "7", "{", "{\"a\":}", R"({"version":"v","benchmarks":{"a":{"metrics":{"m":{"value":NaN}}}}})"})
    EXPECT_EQ(code(text), ec::malformed) << text;
  EXPECT_EQ(code(std::string(100'000, '[')), ec::malformed);
  EXPECT_EQ(code(R"({"version":"../../etc","benchmarks":{}})"), ec::invalid);
  EXPECT_EQ(code(R"({"version":7,"benchmarks":{}})"), ec::invalid);
  EXPECT_EQ(code(R"({"benchmarks":{}})", "not a version"), ec::invalid);
  EXPECT_EQ(code(R"({"metrics":{"m":{"value":"high"}}})"), ec::invalid);
  EXPECT_NE(code(R"({"tier":"huge","benchmarks":{}})"), ec::none);
}

TEST(hartos_snapshot, writing_and_reading_keeps_what_it_says) {
  auto snapshot = msg<wire::Snapshot>::build([](wire::Snapshot::Builder out) {
    out.setVersion("v1");
    out.setGitSha("abc");
    out.setCapturedAt(1'771'934'400'250'001);
    out.setNode("Zürich \"1\"");
    out.initEnvironment().setCores(8);
    auto metrics = out.initMetrics(4);
    const std::tuple<const char*, const char*, double> values[] = {
      {"b", "b.ms", 1.0 / 3},
      {"a", "a.ms", 1e300},
      {"a", "lost", std::numeric_limits<double>::quiet_NaN()},
      {"", "x", 0}};
    for (uint32_t i = 0; i < metrics.size(); ++i) {
      metrics[i].setAdapter(std::get<0>(values[i]));
      metrics[i].setName(std::get<1>(values[i]));
      metrics[i].setValue(std::get<2>(values[i]));
      metrics[i].setDirection(wire::Direction::LOWER);
    }
    metrics[0].initSamples(2).set(1, 0.1);
    metrics[0].setAbsoluteMargin(.02);
    metrics[0].setMargin(.1);
    metrics[0].setResolution(.5);
    metrics[0].setKind(wire::MetricKind::RATIO);
    metrics[0].setAdvisory(true);
    metrics[0].initSameEnvironment(2).set(0, "gpu");
    metrics[0].getSameEnvironment().set(1, "driver");
    metrics[1].setScope("life-1");
    auto adapters = out.initAdapters(2);
    adapters[0].setName("c");
    adapters[0].setStatus(wire::AdapterStatus::SKIPPED);
    adapters[0].setReason("no GPU");
    adapters[1].setName("d");
    adapters[1].setStatus(wire::AdapterStatus::ERROR);
  });
  auto text = to_hartos(*snapshot);
  EXPECT_THAT(text, HasSubstr("\"gate\": false"));
  EXPECT_THAT(text, testing::Not(HasSubstr("lost")));
  auto read = read_hartos_snapshot(text, "other");
  ASSERT_TRUE(read) << text_of(read.error()) << text;
  EXPECT_THAT(read->notes, IsEmpty());
  auto back = read->snapshot->getSnapshot();
  EXPECT_EQ(back.getVersion(), "v1");
  EXPECT_EQ(back.getCapturedAt(), 1'771'934'400'250'001);
  EXPECT_EQ(back.getNode(), "Zürich \"1\"");
  EXPECT_EQ(back.getEnvironment().getCores(), 8u);
  ASSERT_EQ(back.getBenchmarks().size(), 5u);
  EXPECT_EQ(back.getBenchmarks()[1].getMetrics()[0].getValue(), 1.0 / 3);
  EXPECT_EQ(back.getBenchmarks()[1].getMetrics()[0].getSamples()[1], 0.1);
  EXPECT_EQ(back.getBenchmarks()[1].getMetrics()[0].getAbsoluteMargin(), .02);
  auto rules = back.getBenchmarks()[1].getMetrics()[0];
  EXPECT_TRUE(rules.getGate());
  EXPECT_EQ(rules.getMargin(), .1);
  EXPECT_EQ(rules.getResolution(), .5);
  EXPECT_EQ(rules.getKind(), wire::MetricKind::RATIO);
  EXPECT_TRUE(rules.getAdvisory());
  ASSERT_EQ(rules.getSameEnvironment().size(), 2u);
  EXPECT_EQ(rules.getSameEnvironment()[1], "driver");
  EXPECT_EQ(back.getBenchmarks()[0].getMetrics()[0].getScope(), "life-1");
}

} // namespace
} // namespace hive
