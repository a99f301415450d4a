#include "actors/benchmark/guardrail/guardrail_manifest.hpp"
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

/// Captures one version on a node whose test suite is `file`.
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

const std::string recordings = HIVE_TEST_DATA "/test_results/";

/// Captures one version on a node with this configuration of the regression adapter.
msg<wire::Snapshot> capture_with(const std::string& keys) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path(), .config = "[benchmarks.regression]\n" + keys}};
  auto answer = node.await_ready().post("/api/v1/snapshots", R"({"version":"v1"})");
  EXPECT_EQ(answer.status, 201) << answer.body;
  return answer.as<wire::Snapshot>();
}

msg<wire::Snapshot> capture_output_of(const std::string& script) {
  return capture_with("command = [\"sh\", \"-c\", " + json_string(script) + "]\n");
}

std::string reason_of(const msg<wire::Snapshot>& snapshot) {
  auto outcome = outcome_of(snapshot, "regression");
  return outcome.getStatus() == wire::AdapterStatus::ERROR ? outcome.getReason().cStr() : "";
}

/// Two real pytests in one command, the first of which fails.
TEST(regression_end_to_end, several_runs_of_one_command_are_added) {
  auto pytest = json_string(HIVE_PYTEST) + " -q -p no:cacheprovider -k 'not nested_task' ";
  auto two =
    capture_with("command = [\"sh\", \"-c\", " + json_string(pytest + "failing.py; " + pytest + "deselected.py") +
                 "]\nworkdir = " + json_string(suites) + "\nenvironment = {PYTHONDONTWRITEBYTECODE = \"1\"}\n");
  EXPECT_EQ(reason_of(two), "");
  EXPECT_EQ(metric_of(two, "test_fail_count").getValue(), 2);
  EXPECT_LT(metric_of(two, "test_pass_rate").getValue(), 1);
  auto mixed = capture_output_of("cat " + recordings + "cases/pytest-fails-then-ctest-passes.txt");
  EXPECT_DOUBLE_EQ(metric_of(mixed, "test_pass_rate").getValue(), 2.0 / 3);
  auto ctests = capture_output_of("cat " + recordings + "ctest_all.txt " + recordings + "ctest_pass.txt");
  EXPECT_DOUBLE_EQ(metric_of(ctests, "test_pass_rate").getValue(), 3.0 / 7);
}

TEST(regression_end_to_end, what_contradicts_the_last_summary_is_no_rate) {
  auto crashed = capture_output_of("printf '..F'; cat " + recordings + "pytest_pass_q.txt");
  EXPECT_THAT(reason_of(crashed), HasSubstr("another run ended without a summary"));
  auto stopped = capture_output_of("cat " + recordings + "ctest_first_failure.txt " + recordings + "ctest_pass.txt");
  EXPECT_THAT(reason_of(stopped), HasSubstr("ctest stopped after 2 of 7"));
  temporary_directory results;
  auto half =
    capture_with("command = [\"sh\", \"-c\", " +
                 json_string("cat " + recordings + "pytest_pass_q.txt " + recordings + "pytest_pass_q.txt; cp " +
                             recordings + "cases/junit-with-bom.xml results.xml") +
                 "]\nresults_file = \"results.xml\"\nworkdir = " + json_string(results.path().string()) + "\n");
  EXPECT_THAT(reason_of(half), HasSubstr("the output tells of 4 tests"));
}

TEST(regression_end_to_end, what_is_read_now_and_was_refused) {
  auto subtests = capture_output_of("cat " + recordings + "cases/pytest9-subtests-passed-summary.txt");
  EXPECT_EQ(metric_of(subtests, "test_pass_rate").getValue(), 1) << reason_of(subtests);
  auto object = capture_output_of("cat " + recordings + "cases/pytest-s-first-line-is-an-object-repr.txt");
  EXPECT_EQ(metric_of(object, "test_pass_rate").getValue(), 1) << reason_of(object);
  auto nameless = capture_output_of("cat " + recordings + "cases/jest-one-test-with-empty-title.xml; exit 1");
  EXPECT_DOUBLE_EQ(metric_of(nameless, "test_pass_rate").getValue(), 2.0 / 3) << reason_of(nameless);
  auto repeated = capture_output_of("cat " + recordings + "cases/ctest-repeat-until-fail-one-passed-one-skipped.txt");
  EXPECT_EQ(metric_of(repeated, "test_pass_rate").getValue(), 1) << reason_of(repeated);
  auto marked = capture_output_of("cat " + recordings + "cases/junit-with-bom.xml");
  EXPECT_EQ(metric_of(marked, "test_pass_rate").getValue(), 1) << reason_of(marked);
}

/// Runs the default command in a project whose options make pytest print nothing that can be read.
TEST(regression_end_to_end, the_default_command_reads_a_project_with_q_in_its_options) {
  temporary_directory temp;
  auto project = temp.path() / "project";
  std::filesystem::copy(recordings + "cases/project-with-addopts-q", project, std::filesystem::copy_options::recursive);
  // Debian's pytest works only with Debian's Python.
  auto bin = temp.path() / "bin";
  std::filesystem::create_directory(bin);
  std::filesystem::create_symlink("/usr/bin/python3", bin / "python3");
  auto scratch = temp.path() / "tmp";
  std::filesystem::create_directory(scratch);
  hived_process node{{.directory = temp.path(),
                      .config = "[benchmarks.regression]\nworkdir = " + json_string(project.string()) +
                                "\nenvironment = {PYTHONDONTWRITEBYTECODE = \"1\", PATH = " +
                                json_string(bin.string() + ":/usr/bin:/bin") + "}\n",
                      .wrapper = {"/usr/bin/env", "TMPDIR=" + scratch.string()}}};
  auto answer = node.await_ready().post("/api/v1/snapshots", R"({"version":"v1","repeats":2})");
  ASSERT_EQ(answer.status, 201) << answer.body;
  auto snapshot = answer.as<wire::Snapshot>();
  EXPECT_EQ(metric_of(snapshot, "test_pass_rate").getValue(), 1) << reason_of(snapshot);
  EXPECT_TRUE(std::filesystem::is_empty(scratch)) << "the results file is gone";
  // A pytest whose own options stop it at the first failure is nevertheless run to its end.
  put_file(project / "pyproject.toml", "[tool.pytest.ini_options]\naddopts = \"-x -qq\"\n");
  put_file(project / "tests" / "test_a.py", "def test_a(): assert 0\ndef test_b(): assert 0\ndef test_c(): pass\n");
  auto failing = node.post("/api/v1/snapshots", R"({"version":"v2"})").as<wire::Snapshot>();
  EXPECT_EQ(metric_of(failing, "test_fail_count").getValue(), 2) << reason_of(failing);
  EXPECT_DOUBLE_EQ(metric_of(failing, "test_pass_rate").getValue(), 1.0 / 3) << reason_of(failing);
}

TEST(models_end_to_end, an_id_with_a_slash_is_a_path_and_a_metric) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path(),
                      .config = "[benchmarks.model_registry]\nfile = " +
                                json_string(recordings + "cases/models-one-id-with-slash.json") + "\n"}};
  auto pushed = node.await_ready().post("/api/v1/models/qwen%2FQwen2%3A7b/observations",
                                        R"({"observations":[{"latency_ms":5,"accuracy":1}]})");
  EXPECT_EQ(pushed.status, 201) << pushed.body;
  EXPECT_EQ(node.post("/api/v1/models/a%20b/observations", R"({"observations":[{"latency_ms":5}]})").status, 400);
  EXPECT_EQ(node.post("/api/v1/models/a/b/observations", R"({"observations":[{"latency_ms":5}]})").status, 404);
  auto snapshot = node.post("/api/v1/snapshots", R"({"version":"v1"})").as<wire::Snapshot>();
  EXPECT_EQ(metric_of(snapshot, "meta-llama/Llama-3-8B_latency_ms").getValue(), 350);
  EXPECT_EQ(metric_of(snapshot, "gpt-4o_accuracy").getValue(), 1);
  EXPECT_EQ(metric_of(snapshot, "qwen/Qwen2:7b_latency_ms").getValue(), 5);
  node.post("/api/v1/snapshots", R"({"version":"v2"})");
  EXPECT_THAT(node.get("/api/v1/upgrades/check?old=v1&new=v2").body, HasSubstr("\"safe\":true"));
  EXPECT_THAT(node.get("/api/v1/results/latest").body, HasSubstr("model_registry.meta-llama/Llama-3-8B_accuracy"));
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
  auto keys = key_pair::generate();
  ASSERT_FALSE(guardrail::write_public_key(temp.path() / "key.pub", keys.public_part()));
  std::vector<std::string> files{"limits.txt", "scope.txt"};
  std::vector<guardrail::pattern> patterns{{"greeting", "^hello$"}};
  auto manifest = guardrail::build_manifest(temp.path() / "rules", files, patterns, "rules");
  ASSERT_TRUE(manifest) << text_of(manifest.error());
  auto manifest_file = temp.path() / "manifest.json";
  ASSERT_FALSE(guardrail::write_manifest(manifest_file, guardrail::sign(*manifest, keys)));

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

  // A manifest that somebody else signed, although it describes the files correctly.
  auto stranger = key_pair::generate();
  ASSERT_FALSE(guardrail::write_manifest(manifest_file, guardrail::sign(*manifest, stranger)));
  expect_violation("forged", "manifest");
  // The upgrade that contains the change is refused.
  EXPECT_THAT(node.get("/api/v1/upgrades/check?old=untouched&new=changed").body, HasSubstr("\"safe\":false"));
}

} // namespace
} // namespace hive::cluster
