#include "actors/benchmark/guardrail_manifest.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>

// The built-in adapters that judge the software itself, from the configuration file to the stored snapshot.

namespace hive::cluster {
namespace {

using testing::HasSubstr;

const std::string suites = HIVE_TEST_DATA "/pytest_suites";

/// Captures one version on a node that tests the suite `file`.
msg<wire::Snapshot> capture_tests_of(const std::string& file) {
  temporary_directory temp;
  auto config = "[benchmarks.regression]\ncommand = [" + json_string(HIVE_PYTEST) +
                R"(, "-q", "-p", "no:cacheprovider", "-k", "not nested_task", )" + json_string(file) +
                "]\nworkdir = " + json_string(suites) + "\nenvironment = {PYTHONDONTWRITEBYTECODE = \"1\"}\n";
  hived_process node{{.directory = temp.path(), .config = config}};
  auto answer = node.await_ready().post("/api/v1/snapshots", R"({"version":"v1"})");
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(node.get("/api/v1/snapshots/v1").body, answer.body);
  return answer.as<wire::Snapshot>();
}

TEST(regression_end_to_end, two_failed_and_one_passed_is_a_third) {
  auto snapshot = capture_tests_of("failing.py");
  EXPECT_DOUBLE_EQ(metric_of(snapshot, "test_pass_rate").getValue(), 1.0 / 3);
  EXPECT_EQ(metric_of(snapshot, "test_fail_count").getValue(), 2);
}

TEST(regression_end_to_end, deselected_tests_do_not_count) {
  auto snapshot = capture_tests_of("deselected.py");
  EXPECT_EQ(metric_of(snapshot, "test_pass_rate").getValue(), 1);
  EXPECT_EQ(metric_of(snapshot, "test_fail_count").getValue(), 0);
}

TEST(regression_end_to_end, what_cannot_be_judged_is_an_error_and_never_a_rate) {
  for (const char* file : {"uncollectable.py", "no_such_suite.py"}) {
    auto snapshot = capture_tests_of(file);
    auto outcome = outcome_of(snapshot, "regression");
    EXPECT_EQ(outcome.getStatus(), wire::AdapterStatus::ERROR) << file;
    EXPECT_THAT(outcome.getReason().cStr(), HasSubstr("pytest"));
    EXPECT_EQ(snapshot->getMetrics().size(), 0u) << file;
  }
}

TEST(capture_end_to_end, without_a_repository_the_log_names_the_key) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path(), .config = "[node]\ncheckout = " + json_string(temp.path().string())}};
  EXPECT_EQ(node.await_ready().post("/api/v1/snapshots", R"({"version":"v1"})").status, 201);
  EXPECT_THAT(node.log(), HasSubstr("no git repository at or above " + temp.path().string() + " (node.checkout"));
}

TEST(guardrail_end_to_end, a_file_that_changed_after_signing_is_named) {
  temporary_directory temp;
  put_file(temp.path() / "rules" / "limits.txt", "no harm");
  put_file(temp.path() / "rules" / "scope.txt", "this hive");
  auto keys = guardrail::make_key_pair();
  ASSERT_FALSE(guardrail::write_public_key(temp.path() / "key.pub", keys.public_key));
  std::vector<std::string> files{"limits.txt", "scope.txt"};
  std::vector<guardrail::pattern> patterns{{"greeting", "^hello$"}};
  auto manifest = guardrail::build_manifest(temp.path() / "rules", files, patterns, "rules");
  ASSERT_TRUE(manifest) << text_of(manifest.error());
  auto manifest_file = temp.path() / "manifest.json";
  ASSERT_FALSE(guardrail::write_manifest(manifest_file, guardrail::sign(*manifest, keys.secret_key)));

  hived_process node{{.directory = temp.path(),
                      .config = "[benchmarks.guardrail]\nmanifest = " + json_string(manifest_file.string()) +
                                "\npublic_key = " + json_string((temp.path() / "key.pub").string()) + "\n"}};
  node.await_ready();
  auto capture = [&](const std::string& version) {
    auto answer = node.post("/api/v1/snapshots", "{\"version\":" + json_string(version) + "}");
    EXPECT_EQ(answer.status, 201) << answer.body;
    return answer.as<wire::Snapshot>();
  };
  auto expect_violation = [&](const std::string& version, const std::string& named) {
    auto snapshot = capture(version);
    EXPECT_EQ(metric_of(snapshot, "guardrail_integrity").getValue(), 0);
    EXPECT_THAT(outcome_of(snapshot, "guardrail").getReason().cStr(), HasSubstr(named));
  };
  EXPECT_EQ(metric_of(capture("untouched"), "guardrail_integrity").getValue(), 1);

  put_file(temp.path() / "rules" / "limits.txt", "no harM");
  expect_violation("changed", "limits.txt");
  put_file(temp.path() / "rules" / "limits.txt", "no harm");
  EXPECT_EQ(metric_of(capture("restored"), "guardrail_integrity").getValue(), 1);
  std::filesystem::remove(temp.path() / "rules" / "scope.txt");
  expect_violation("removed", "scope.txt");
  put_file(temp.path() / "rules" / "scope.txt", "this hive");

  // A manifest that somebody else signed, however well it describes the files.
  auto stranger = guardrail::make_key_pair();
  ASSERT_FALSE(guardrail::write_manifest(manifest_file, guardrail::sign(*manifest, stranger.secret_key)));
  expect_violation("forged", "manifest");
  // The upgrade that would bring the change is refused.
  EXPECT_THAT(node.get("/api/v1/upgrades/check?old=untouched&new=changed").body, HasSubstr("\"safe\":false"));
}

} // namespace
} // namespace hive::cluster
