#include "actors/benchmark/regression_adapter.hpp"

#include "tests/actors/benchmark/actor_test.hpp"
#include "tests/paths.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace testing_processes;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string recordings = HIVE_TEST_DATA "/test_results/";

class regression_adapter_test : public actor_test {
protected:
  ~regression_adapter_test() override {
    stop(runner);
    runner = nullptr;
  }

  caf::expected<msg<wire::Measurement>> take(const regression_options& options, uint32_t repeats = 1) {
    caf::scoped_actor self{*system};
    adapter_actor adapter = spawn_regression_adapter(*system, {runner}, options);
    auto request =
      msg<wire::MeasureRequest>::build([&](wire::MeasureRequest::Builder out) { out.setRepeats(repeats); });
    auto result = receive<wire::Measurement>(self, adapter, request);
    stop(adapter);
    return result;
  }

  void expect_failure(const regression_options& options, ec code, const std::string& why) {
    auto result = take(options);
    ASSERT_FALSE(result) << why;
    EXPECT_EQ(code_of(result.error()), code) << text_of(result.error());
    EXPECT_THAT(text_of(result.error()), HasSubstr(why));
  }

  regression_options script(const std::string& text) {
    regression_options options;
    options.command = shell(text);
    options.workdir = scratch.path();
    options.timeout = patience;
    return options;
  }

  runner_actor runner = spawn_runner();
};

TEST_F(regression_adapter_test, measures_pass_rate_and_failures) {
  auto result = take(script("cat " + recordings + "pytest_errors_q.txt; exit 1"));
  ASSERT_TRUE(result) << text_of(result.error());
  auto metrics = (*result)->getMetrics();
  ASSERT_EQ(metrics.size(), 2u);
  EXPECT_EQ(metrics[0].getName(), "test_pass_rate");
  EXPECT_EQ(metrics[0].getAdapter(), "regression");
  EXPECT_EQ(metrics[0].getUnit(), "ratio");
  EXPECT_EQ(metrics[0].getDirection(), wire::Direction::HIGHER);
  EXPECT_DOUBLE_EQ(metrics[0].getValue(), 1.0 / 4);
  EXPECT_EQ(metrics[1].getName(), "test_fail_count");
  EXPECT_EQ(metrics[1].getUnit(), "count");
  EXPECT_EQ(metrics[1].getDirection(), wire::Direction::LOWER);
  EXPECT_EQ(metrics[1].getValue(), 3);
}

TEST_F(regression_adapter_test, averages_flaky_tests_over_repeats) {
  auto result = take(script("if [ -e ran ]; then echo '2 passed in 0.01s'; else touch ran; echo '1 failed, 1 passed in "
                            "0.01s'; exit 1; fi"),
                     2);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ((*result)->getMetrics()[0].getValue(), 0.75);
  EXPECT_EQ((*result)->getMetrics()[1].getValue(), 0.5);
}

TEST_F(regression_adapter_test, is_skipped_without_tests_to_run) {
  auto result = take({});
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_THAT(std::string{(*result)->getSkipped().cStr()}, HasSubstr("no tests are configured"));
  EXPECT_EQ((*result)->getMetrics().size(), 0u);
}

/// Options with a fake python3 that records its arguments and the path of its results file.
regression_options fake_pytest(scratch_directory& scratch, const std::string& body) {
  scratch.write(
    "python3",
    "#!/bin/sh\nprintf '%s|' \"$@\" > arguments\nfor a; do case $a in --junitxml=*) file=${a#*=};; esac; done\n"
    "echo \"$file\" >> files\nls -A \"$(dirname \"$file\")\" >> before\nstat -c %a \"$(dirname \"$file\")\" > mode\n" +
      body + "\n",
    true);
  regression_options options;
  options.workdir = scratch.path();
  options.environment = {{"PATH", scratch.path() + ":/usr/bin:/bin"}};
  return options;
}

constexpr const char* one_of_two =
  "echo '<testsuite name=\"pytest\" tests=\"2\" failures=\"1\"><testcase classname=\"a\" name=\"x\"/><testcase "
  "classname=\"a\" name=\"y\"><failure/></testcase></testsuite>' > \"$file\"; exit 1";

TEST_F(regression_adapter_test, asks_pytest_for_a_junit_file_by_default) {
  // Its output is for people and cannot be parsed.
  auto options = fake_pytest(scratch, std::string{"echo 'nothing to see'; "} + one_of_two);
  auto result = take(options, 3);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ((*result)->getMetrics()[0].getValue(), 0.5);
  EXPECT_EQ((*result)->getMetrics()[1].getValue(), 1);
  auto arguments = content(scratch.file("arguments"));
  EXPECT_THAT(arguments, testing::StartsWith("-m|pytest|-q|-k|not nested_task|--maxfail=0|--junitxml=/"));
  // Each of the three runs got its own empty directory that only the node may access, and none is left behind.
  EXPECT_EQ(content(scratch.file("before")), "");
  EXPECT_EQ(content(scratch.file("mode")), "700\n");
  auto files = content(scratch.file("files"));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path{files.substr(0, files.find('\n'))}.parent_path()));
}

TEST_F(regression_adapter_test, a_results_file_of_an_earlier_run_never_counts) {
  auto options = fake_pytest(scratch, std::string{"if [ -e ran ]; then exit 0; fi; touch ran; "} + one_of_two);
  auto result = take(options, 2);
  ASSERT_FALSE(result);
  EXPECT_EQ(code_of(result.error()), ec::malformed) << text_of(result.error());
  EXPECT_THAT(text_of(result.error()), HasSubstr("repeat 2 of 2"));
}

TEST_F(regression_adapter_test, says_why_pytest_wrote_no_results_file) {
  expect_failure(fake_pytest(scratch, "exit 4"), ec::process_failed, "does not understand its command line");
  expect_failure(fake_pytest(scratch, "exit 5"), ec::no_data, "found no test");
  expect_failure(fake_pytest(scratch, "echo No module named pytest >&2; exit 1"), ec::malformed,
                 "No module named pytest");
  expect_failure(fake_pytest(scratch, "kill -SEGV $$"), ec::process_failed, "SIGSEGV");
}

TEST_F(regression_adapter_test, a_default_run_that_stopped_early_gives_no_rate) {
  expect_failure(fake_pytest(scratch, std::string{"echo '!!!! stopping after 1 failures !!!!'; "} + one_of_two),
                 ec::process_failed, "stopping after 1 failures");
  expect_failure(fake_pytest(scratch, "echo '<testsuite name=\"pytest\"><testcase name=\"x\"/></testsuite>' > "
                                      "\"$file\"; exit 2"),
                 ec::process_failed, "status 2");
}

TEST_F(regression_adapter_test, adds_the_runs_of_one_command) {
  auto quiet = recordings + "cases/two-pytest-runs-first-fails-second-passes.txt";
  auto result = take(script("cat " + quiet));
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ((*result)->getMetrics()[0].getValue(), 0.75);
  auto mixed = take(script("cat " + recordings + "cases/pytest-fails-then-ctest-passes.txt"));
  ASSERT_TRUE(mixed) << text_of(mixed.error());
  EXPECT_DOUBLE_EQ((*mixed)->getMetrics()[0].getValue(), 2.0 / 3);
}

TEST_F(regression_adapter_test, reads_tap_and_go_from_a_results_file) {
  for (const char* name : {"perl_test_more.txt", "go_test.json"}) {
    auto options = script("cp " + recordings + "runners/" + name + " results; exit 1");
    options.results_file = "results";
    auto result = take(options);
    ASSERT_TRUE(result) << text_of(result.error());
    EXPECT_GT((*result)->getMetrics()[1].getValue(), 0);
  }
}

TEST_F(regression_adapter_test, gives_no_rate_for_a_run_that_did_not_end_well) {
  expect_failure(script("cat " + recordings + "pytest_collection_q.txt; exit 2"), ec::process_failed, "collection");
  expect_failure(script("echo '3 passed in 0.01s'; kill -SEGV $$"), ec::process_failed, "SIGSEGV");
  expect_failure(script("echo '3 passed in 0.01s'; exit 1"), ec::process_failed, "0 tests failed");
  expect_failure(script("echo 'no tests ran in 0.01s'; exit 5"), ec::no_data, "no test");
  expect_failure(script("echo 'No module named pytest' >&2; exit 1"), ec::malformed, "No module named pytest");
  expect_failure(script("echo '3 passed in 0.01s'; sleep 0.1; yes | head -c 9000000; echo '3 passed in 0.01s'"),
                 ec::too_large, "summary is lost");
  auto hangs = script("echo '3 passed in 0.01s'; exec sleep 1000");
  hangs.timeout = 200ms;
  expect_failure(hangs, ec::timed_out, "time limit");
  auto missing = script("");
  missing.command = {"no-such-test-runner"};
  expect_failure(missing, ec::process_failed, "'no-such-test-runner' cannot be executed");
}

TEST_F(regression_adapter_test, reads_the_results_file_that_the_command_writes) {
  auto options = script("cp " + recordings + "junit_gtest.xml results.xml; exit 1");
  options.results_file = "results.xml";
  auto result = take(options, 2);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ((*result)->getMetrics()[1].getValue(), 1);
}

TEST_F(regression_adapter_test, never_reads_an_older_results_file) {
  scratch.write("results.xml", content(recordings + "junit_gtest.xml"));
  auto options = script("exit 1");
  options.results_file = "results.xml";
  expect_failure(options, ec::no_data, "wrote no results file");
}

TEST_F(regression_adapter_test, refuses_a_results_file_that_is_none) {
  auto options = script("mkdir results.xml");
  options.results_file = "results.xml";
  expect_failure(options, ec::no_data, "wrote no results file");
  scratch.write("results.xml/inside", "");
  expect_failure(options, ec::process_failed, "cannot be removed");
  options = script("mkfifo pipe.xml");
  options.results_file = "pipe.xml";
  expect_failure(options, ec::no_data, "wrote no results file");
  options = script("head -c 9000000 /dev/zero > large.xml");
  options.results_file = "large.xml";
  expect_failure(options, ec::too_large, "large.xml has 9000000 bytes");
  options = script("echo '<testsuite' > broken.xml");
  options.results_file = "broken.xml";
  expect_failure(options, ec::malformed, "broken at byte");
}

TEST(regression_options_test, are_checked) {
  regression_options options;
  EXPECT_FALSE(options.validate());
  EXPECT_THAT(options.unavailable_reason(), testing::HasSubstr("no tests are configured"));
  options.timeout = 0ms;
  EXPECT_EQ(code_of(options.validate()), ec::invalid);
  options = {};
  options.command = {""};
  EXPECT_EQ(code_of(options.validate()), ec::invalid);
  options = {};
  options.results_file = "results.xml";
  EXPECT_THAT(text_of(options.validate()), testing::HasSubstr("results_file needs a command"));
  options.command = {"true"};
  for (auto format : {test_format::automatic, test_format::junit, test_format::tap, test_format::go}) {
    options.format = format;
    EXPECT_FALSE(options.validate());
  }
  for (auto format : {test_format::pytest, test_format::ctest}) {
    options.format = format;
    EXPECT_EQ(code_of(options.validate()), ec::invalid);
  }
  options = {};
  options.format = test_format::pytest;
  EXPECT_THAT(text_of(options.validate()), testing::HasSubstr("format needs a command"));
}

} // namespace
} // namespace hive
