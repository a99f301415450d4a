#include "messages/json.hpp"
#include "messages/test_report.capnp.h"
#include "tests/apps/support/hivectl.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::HasSubstr;

const std::string data = HIVE_TEST_DATA "/test_results/";

program_result check(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"benchmark", "check"});
  return hivectl(arguments);
}

msg<wire::TestReport> report_of(const program_result& result) {
  auto report = from_json<wire::TestReport>(result.out);
  if (!report)
    throw std::runtime_error{text_of(report.error()) + ": " + result.out};
  return *report;
}

TEST(benchmark_check, says_what_was_read_and_that_it_is_no_verdict) {
  auto result = check({data + "cases/pytest-rerunfailures-after-16.6-junit.xml"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "Read as    JUnit XML of pytest\n"
                        "Tests      3\n"
                        "Passed     2\n"
                        "Failed     1\n"
                        "Skipped    0\n"
                        "Repeated   2, of which the last report counts\n"
                        "Pass rate  0.666667\n"
                        "\n"
                        "Failed tests:\n"
                        "  rerun.test_rr::test_always_fails\n");
}

TEST(benchmark_check, tells_the_same_as_json) {
  auto report = report_of(check({"--json", data + "cases/two-pytest-runs-first-fails-second-passes.txt"}));
  EXPECT_EQ(report->getRuns().size(), 2u);
  EXPECT_EQ(report->getTests(), 4u);
  EXPECT_EQ(report->getPassed(), 3u);
  EXPECT_EQ(report->getFailed(), 1u);
  EXPECT_EQ(report->getPassRate(), 0.75);
  ASSERT_EQ(report->getFailures().size(), 1u);
  EXPECT_EQ(report->getFailures()[0], "a.py::test_x");
  EXPECT_EQ(report->getRefused().size(), 0u);
}

TEST(benchmark_check, ends_with65_when_it_refuses_and_says_why) {
  auto file = data + "runners/perl_short_plan.txt";
  auto result = check({file});
  EXPECT_EQ(result.status, 65);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "hivectl: " + file + ": the TAP output holds 2 tests, but 4 were planned\n");
  auto json = check({"--json", file});
  EXPECT_EQ(json.status, 65);
  EXPECT_EQ(report_of(json)->getRefused(), "the TAP output holds 2 tests, but 4 were planned");
  EXPECT_TRUE(std::isnan(report_of(json)->getPassRate()));
}

TEST(benchmark_check, ends_with74_when_the_file_cannot_be_read) {
  temporary_directory folder;
  for (const std::string& path : {std::string{folder.path() / "absent"}, std::string{folder.path()}}) {
    auto result = check({path});
    EXPECT_EQ(result.status, 74) << path;
    EXPECT_THAT(result.err, HasSubstr(path));
  }
}

TEST(benchmark_check, reads_standard_input) {
  program what = hivectl_program({"benchmark", "check", "-"});
  what.input = "2 passed, 3 subtests passed in 0.01s\n";
  auto result = run_program(what);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Passed     2\n"));
  what.input = "hello\n";
  EXPECT_THAT(run_program(what).err, HasSubstr("hivectl: standard input: "));
}

TEST(benchmark_check, reads_as_it_is_told) {
  auto file = data + "runners/bats_tap.txt";
  EXPECT_EQ(check({file, "--format", "tap"}).status, 0);
  EXPECT_EQ(check({file, "--format", "junit"}).status, 65);
  auto wrong = check({file, "--format", "xunit"});
  EXPECT_EQ(wrong.status, 64);
  EXPECT_THAT(wrong.err, HasSubstr("\"xunit\" is none of auto, pytest, ctest, junit, tap, go"));
}

TEST(benchmark_check, bounds_what_it_reads_and_names) {
  temporary_directory folder;
  std::string tap = "1..150\n";
  for (int i = 1; i <= 150; ++i)
    tap += "not ok " + std::to_string(i) + " - \x1b[31mred\n";
  std::string file = put_file(folder.path() / "many.tap", tap);
  auto result = check({file});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\n  and 50 more\n"));
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
  std::string large = put_file(folder.path() / "large", std::string(9'000'000, 'x'));
  EXPECT_EQ(check({large}).status, 65);
}

} // namespace
} // namespace hive::test
