// hivectl against the real hived: whether each understands the other's messages.

#include "messages/benchmark.capnp.h"
#include "messages/json.hpp"
#include "messages/snapshot.capnp.h"
#include "tests/apps/support/hivectl.hpp"
#include "tests/apps/support/running_node.hpp"
#include "tests/support/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace hive::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class real_node_test : public testing::Test {
protected:
  program_result run(std::vector<std::string> arguments) const {
    return hivectl(node_, std::move(arguments));
  }

  /// Runs a command, and fails the test unless it succeeds.
  std::string done(std::vector<std::string> arguments) const {
    auto result = run(std::move(arguments));
    EXPECT_EQ(result.status, 0) << result.err << result.out;
    EXPECT_EQ(result.err, "");
    return result.out;
  }

  void put_snapshot(const std::string& version, const std::string& metrics) const {
    temporary_directory folder;
    auto file = put_file(folder.path() / "s.json",
                         R"({"version":")" + version + R"(","benchmarks":{"a":{"metrics":{)" + metrics + "}}}}");
    done({"snapshot", "import", file});
  }

  running_node node_;
};

constexpr auto measure = R"(echo '{"metrics":{"startup_ms":{"value":12.5,"direction":"lower","unit":"µs"}}}')";

TEST_F(real_node_test, captures_what_a_registered_command_measures) {
  EXPECT_THAT(
    done({"benchmark", "register", "startup", "--timeout", "20", "--env", "A=[1]", "--", "sh", "-c", measure}),
    HasSubstr("Registered startup"));
  EXPECT_THAT(done({"benchmark", "list"}), HasSubstr("startup"));
  auto again = run({"benchmark", "register", "startup", "--", "true"});
  EXPECT_EQ(again.status, 65);
  EXPECT_THAT(again.err, HasSubstr("startup"));
  done({"benchmark", "register", "startup", "--replace", "--timeout", "30", "--", "sh", "-c", measure});

  auto shown = done({"snapshot", "capture", "v1", "--repeats", "3", "--git-sha", "0123abc"});
  EXPECT_THAT(shown, HasSubstr("startup_ms   12.5  µs    lower         3  startup\n"));
  EXPECT_THAT(shown, HasSubstr("Git sha      0123abc\n"));
  EXPECT_EQ(done({"snapshot", "show", "v1"}), shown);
  EXPECT_THAT(done({"snapshot", "list"}), HasSubstr("\nv1  "));
  EXPECT_THAT(done({"snapshot", "latest"}), HasSubstr("startup_ms"));

  EXPECT_THAT(done({"benchmark", "remove", "startup"}), HasSubstr("Removed startup"));
  EXPECT_THAT(done({"benchmark", "list"}), Not(HasSubstr("startup")));
  EXPECT_EQ(run({"benchmark", "remove", "startup"}).status, 66);
  EXPECT_EQ(run({"benchmark", "remove", "guardrail"}).status, 77) << "a built-in one stays";
}

TEST_F(real_node_test, lists_why_a_benchmark_would_be_skipped_in_the_words_of_the_capture) {
  auto list = from_json<wire::BenchmarkList>(done({"benchmark", "list", "--json"}));
  auto snapshot = from_json<wire::Snapshot>(done({"snapshot", "capture", "v1", "--json"}));
  ASSERT_TRUE(list && snapshot);
  std::map<std::string, std::string> idle, skipped;
  for (auto benchmark : (*list)->getBenchmarks())
    if (!benchmark.getAvailable())
      idle[benchmark.getName()] = benchmark.getReason();
  for (auto adapter : (*snapshot)->getAdapters())
    if (adapter.getStatus() == wire::AdapterStatus::SKIPPED)
      skipped[adapter.getName()] = adapter.getReason();
  EXPECT_EQ(idle.erase("quantiphy"), 1u) << "is of another tier, which this capture leaves out";
  EXPECT_EQ(idle.size(), 5u);
  EXPECT_EQ(idle, skipped);
}

TEST_F(real_node_test, a_misspelt_version_is_inconclusive_and_the_name_meant_is_suggested) {
  put_snapshot("v2.0", R"("m":{"value":99,"direction":"higher"})");
  put_snapshot("v2.1", R"("m":{"value":99,"direction":"higher"})");
  for (auto [old_version, new_version] : {std::pair{"v2.O", "v2.1"}, {"v2.1", "v2.O"}}) {
    auto result = run({"upgrade", "check", old_version, new_version});
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.out, HasSubstr("v2.O has no snapshot; did you mean v2.0?"));
  }
  EXPECT_EQ(run({"upgrade", "check", "none", "neither"}).status, 2);
  auto named = run({"upgrade", "check", "none", "neither", "--policy", "threshold"});
  EXPECT_EQ(named.status, 2) << "a gate must not open on it";
  EXPECT_THAT(named.out, HasSubstr("no baseline to compare"));
}

TEST_F(real_node_test, reasons_name_the_metrics_with_their_units) {
  put_snapshot("v1", R"("rate":{"value":0.9,"direction":"higher","unit":"ratio"})");
  put_snapshot("v2", R"("rate":{"value":0.8,"direction":"higher","unit":"ratio"})");
  put_snapshot("v3", R"("rate":{"value":80,"direction":"higher","unit":"%"})");
  auto regressed = run({"upgrade", "check", "v1", "v2"});
  EXPECT_EQ(regressed.status, 1);
  EXPECT_THAT(regressed.out, HasSubstr("Reason   1 of 1 metrics regressed: a.rate 0.9 ratio → 0.8 ratio (-11.1%)\n"));
  EXPECT_THAT(regressed.out, HasSubstr("regressed  a.rate  0.9 ratio  0.8 ratio  -11.11%  higher  -\n"));
  for (auto policy : {"strict", "threshold"}) {
    auto changed = run({"upgrade", "check", "v1", "v3", "--policy", policy});
    EXPECT_EQ(changed.status, 2) << policy;
    EXPECT_THAT(changed.out, HasSubstr("inconclusive  a.rate  0.9 ratio  80 %  "));
    EXPECT_THAT(changed.out, HasSubstr("its unit changed from ratio to %"));
  }
}

TEST_F(real_node_test, a_capture_with_a_failed_adapter_ends_with2) {
  done({"benchmark", "register", "broken", "--", "sh", "-c", "echo it broke >&2; exit 7"});
  auto result = run({"snapshot", "capture", "v1"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("1 of 6 adapters failed: broken: "));
  EXPECT_THAT(result.err, HasSubstr("it broke"));
  auto json = run({"--json", "snapshot", "show", "v1"});
  EXPECT_EQ(json.status, 0);
  EXPECT_THAT(json.out, HasSubstr("\"adapter_errors\": 1"));
}

TEST_F(real_node_test, captures_of_a_version_are_listed_shown_and_deleted) {
  put_snapshot("v1", R"("m":{"value":1,"direction":"higher"})");
  put_snapshot("v1", R"("m":{"value":2,"direction":"higher"})");
  EXPECT_THAT(done({"snapshot", "captures", "v1"}), HasSubstr("\n      2  "));
  EXPECT_THAT(done({"snapshot", "show", "v1", "--capture", "1"}), HasSubstr("\nm           1"));
  EXPECT_EQ(done({"snapshot", "delete", "v1", "--capture", "2", "--reason", "noisy"}),
            "Deleted capture 2 of v1. Its snapshot is capture 1, of 1 that are left.\n");
  EXPECT_THAT(done({"snapshot", "show", "v1"}), HasSubstr("Capture      1\n"));
  EXPECT_THAT(done({"snapshot", "delete", "v1", "--capture", "1", "--reason", "noisy"}), HasSubstr("unknown now"));
  EXPECT_NE(run({"snapshot", "show", "v1"}).status, 0);
  EXPECT_NE(run({"snapshot", "delete", "v1", "--capture", "1", "--reason", "again"}).status, 0);
}

TEST_F(real_node_test, never_opens_a_gate_on_a_version_that_was_never_captured) {
  put_snapshot("v2", R"("m":{"value":99,"direction":"higher"})");
  auto threshold = run({"upgrade", "check", "misspelt", "v2", "--policy", "threshold"});
  EXPECT_EQ(threshold.status, 2);
  EXPECT_THAT(threshold.err, HasSubstr("no metric was compared"));
  auto backwards = run({"upgrade", "check", "v2", "misspelt", "--policy", "threshold"});
  EXPECT_EQ(backwards.status, 2) << backwards.out;
  auto strict = run({"upgrade", "check", "misspelt", "v2", "--policy", "strict"});
  EXPECT_EQ(strict.status, 2);
  EXPECT_EQ(strict.err, "");
}

TEST_F(real_node_test, show_says_that_the_first_capture_runs) {
  done({"benchmark", "register", "slow", "--", "sleep", "60"});
  done({"snapshot", "capture", "v1", "--no-wait"});
  auto shown = run({"snapshot", "show", "v1"});
  EXPECT_NE(shown.status, 0);
  EXPECT_THAT(shown.err, HasSubstr("its first capture, number 1, is running"));
  EXPECT_THAT(done({"snapshot", "captures", "v1"}), HasSubstr("Capture 1 is running."));
}

TEST_F(real_node_test, begins_a_capture_without_waiting) {
  EXPECT_THAT(done({"snapshot", "capture", "v1", "--no-wait"}), HasSubstr("of v1 has begun"));
}

TEST_F(real_node_test, ends_with_the_verdict) {
  put_snapshot("v1", R"("m":{"value":100,"direction":"higher"},"n":{"value":5,"direction":"lower"})");
  put_snapshot("v2", R"("m":{"value":99,"direction":"higher"},"n":{"value":3,"direction":"lower"})");
  put_snapshot("v3", R"("m":{"value":50,"direction":"higher"})");
  auto safe = run({"upgrade", "check", "v1", "v2", "--policy", "threshold"});
  EXPECT_EQ(safe.status, 0);
  EXPECT_THAT(safe.out, HasSubstr("Verdict  safe (policy threshold, 2 metrics compared)"));
  EXPECT_THAT(safe.out, HasSubstr("improved"));
  auto regressed = run({"upgrade", "check", "v1", "v3", "--policy", "threshold"});
  EXPECT_EQ(regressed.status, 1);
  EXPECT_THAT(regressed.out, HasSubstr("a.m"));
  EXPECT_THAT(regressed.out, HasSubstr("-50.00%"));
  auto inconclusive = run({"upgrade", "check", "v0", "v1", "--policy", "strict"});
  EXPECT_EQ(inconclusive.status, 2) << inconclusive.out << inconclusive.err;
}

TEST_F(real_node_test, takes_back_what_it_exported) {
  put_snapshot("v1", R"("m":{"value":0.1234567890123456,"direction":"higher","samples":[0.1234567890123456]})");
  temporary_directory folder;
  std::string file = folder.path() / "v1.json";
  done({"snapshot", "export", "v1", "--out", file});
  done({"snapshot", "import", file});
  done({"snapshot", "import", file, "--version", "v1-copy"});
  auto original = from_json<wire::Snapshot>(done({"--json", "snapshot", "show", "v1"}));
  auto copy = from_json<wire::Snapshot>(done({"--json", "snapshot", "show", "v1-copy"}));
  ASSERT_TRUE(original && copy);
  EXPECT_EQ((*copy)->getVersion(), "v1-copy");
  EXPECT_EQ((*copy)->getMetrics()[0].getValue(), (*original)->getMetrics()[0].getValue());
}

TEST_F(real_node_test, says_what_the_node_refused) {
  auto unknown = run({"snapshot", "show", "v9"});
  EXPECT_EQ(unknown.status, 66);
  EXPECT_THAT(unknown.err, testing::AllOf(testing::StartsWith("hivectl: "), HasSubstr("v9")));
  temporary_directory folder;
  auto file = put_file(folder.path() / "s.json", R"({"version":"v1","metrics":{"m":{"value":"high"}}})");
  auto wrong = run({"snapshot", "import", file});
  EXPECT_EQ(wrong.status, 65);
  EXPECT_THAT(wrong.err, HasSubstr("/metrics/m/value"));
  EXPECT_EQ(wrong.out, "");
}

} // namespace
} // namespace hive::test
