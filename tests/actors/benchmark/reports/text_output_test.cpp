// Several runs of pytest and ctest in one output, and tests that print text that looks like one.

#include "messages/ec.hpp"
#include "tests/actors/benchmark/reports/recordings.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace test_recordings;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string failing_pytest = ".F [100%]\n"
                                   "=== short test summary info ===\n"
                                   "FAILED a.py::test_x - assert 0\n"
                                   "1 failed, 1 passed in 0.02s\n";
const std::string passing_pytest = ".. [100%]\n2 passed in 0.01s\n";

std::string ctest_of(uint32_t tests, uint32_t failed) {
  std::string out = "Test project /src/build\n";
  auto of = std::to_string(tests);
  for (uint32_t i = 1; i <= tests; ++i) {
    auto n = std::to_string(i);
    out += "    Start " + n + ": t" + n + "\n" + n + "/" + of + " Test #" + n + ": t" + n + " ...." +
           (i <= failed ? "***Failed    0.00 sec\n" : "   Passed    0.00 sec\n");
  }
  out += "\n" + std::to_string((tests - failed) * 100 / tests) + "% tests passed, " + std::to_string(failed) +
         " tests failed out of " + of + "\n\nTotal Test time (real) =   0.01 sec\n";
  if (failed > 0)
    out += "\nThe following tests FAILED:\n";
  for (uint32_t i = 1; i <= failed; ++i)
    out += "\t  " + std::to_string(i) + " - t" + std::to_string(i) + " (Failed)\n";
  return out;
}

std::string reason_of(const caf::expected<test_results>& results) {
  return results ? "" : text_of(results.error());
}

TEST(text_output, adds_every_run) {
  auto pytests = read(failing_pytest + passing_pytest, 0);
  EXPECT_EQ(counts_of(pytests), (test_counts{3, 1, 0, 0})) << reason_of(pytests);
  auto ctests = read(ctest_of(3, 1) + ctest_of(4, 0), 0);
  EXPECT_EQ(counts_of(ctests), (test_counts{6, 1, 0, 0})) << reason_of(ctests);
  auto both = read(ctest_of(2, 2) + passing_pytest, 0);
  EXPECT_EQ(counts_of(both), (test_counts{2, 2, 0, 0})) << reason_of(both);
  auto three = read(passing_pytest + ctest_of(2, 0) + failing_pytest, 1);
  EXPECT_EQ(counts_of(three), (test_counts{5, 1, 0, 0})) << reason_of(three);
  EXPECT_THAT(three->runs, ElementsAre("pytest's output", "ctest's output", "pytest's output"));
  EXPECT_THAT(three->failures, ElementsAre("a.py::test_x"));
}

TEST(text_output, tells_what_stands_between_runs_from_results) {
  auto results = read("make: entering\n== unit\n" + passing_pytest + "== system\n" + ctest_of(1, 0), 0);
  EXPECT_EQ(counts_of(results), (test_counts{3, 0, 0, 0})) << reason_of(results);
}

/// A shell exits with the status of its last command.
TEST(text_output, an_exit_status_of_0_may_be_that_of_the_last_run) {
  EXPECT_TRUE(read(failing_pytest + passing_pytest, 0));
  EXPECT_TRUE(read(failing_pytest + passing_pytest, 1));
  EXPECT_TRUE(read(passing_pytest + failing_pytest, 1));
  EXPECT_FALSE(read(passing_pytest + failing_pytest, 0));
  EXPECT_FALSE(read(passing_pytest + passing_pytest, 1));
}

TEST(text_output, reads_recordings_one_behind_the_other) {
  for (const char* first : {"pytest_mixed.txt", "pytest_mixed_q.txt", "pytest_verbose.txt", "ctest_all.txt"})
    for (const char* second : {"pytest_pass.txt", "pytest_pass_q.txt", "ctest_pass.txt", "ctest_pass_verbose.txt"}) {
      auto alone = counts_of(read(recording(first), std::nullopt));
      auto results = read(recording(first) + recording(second), 0);
      ASSERT_TRUE(results) << first << " " << second << ": " << reason_of(results);
      EXPECT_EQ(results->counts.passed, alone.passed + 2) << first << " " << second;
      EXPECT_EQ(results->counts.failures(), alone.failures()) << first << " " << second;
    }
}

TEST(text_output, an_earlier_run_that_was_not_complete_refuses_all) {
  struct {
    std::string first;
    const char* why;
  } cases[] = {
    {recording("pytest_collection_q.txt"), "stopped before the last test"},
    {recording("pytest_first_failure_q.txt"), "stopped before the last test"},
    {recording("pytest_collection_continued_q.txt"), "could not collect"},
    {recording("ctest_first_failure.txt"), "stopped after 2 of 7"},
    {recording("ctest_none.txt"), "ctest ran no test"},
    {recording("pytest_no_tests_q.txt"), "had no test to run"},
    {"..F", "another run ended without a summary"},
    {".. [100%]\n=== FAILURES ===\n___ test_x ___\n", "reports failures that are missing in its summary"},
    {".F [100%]\n=== FAILURES ===\n___ test_x ___\n=== short test summary info ===\nFAILED a.py::test_x\n",
     "the first run has no summary"},
  };
  for (const auto& [first, why] : cases) {
    EXPECT_THAT(reason_of(read(first + passing_pytest, 0)), HasSubstr(why)) << first;
  }
  // A ctest run that was killed after its second test, then one that passes.
  auto killed = ctest_of(4, 0);
  killed.resize(killed.find("    Start 3"));
  EXPECT_FALSE(read(killed + ctest_of(2, 0), 0));
  EXPECT_FALSE(read(killed + passing_pytest, 0));
  EXPECT_THAT(
    reason_of(read("==== test session starts ====\ncollected 9 items\n\na.py ..F\n" + recording("pytest_pass.txt"), 0)),
    HasSubstr("the first run has no summary"));
}

TEST(text_output, refuses_what_a_test_may_have_printed) {
  for (const char* printed : {"9 passed in 0.10s\n", "=== 9 passed in 0.10s ===\n"}) {
    EXPECT_THAT(reason_of(read(printed + failing_pytest, 1)), HasSubstr("what a test printed")) << printed;
    EXPECT_FALSE(read(failing_pytest + printed, 0)) << printed;
  }
  auto fake = std::string{"100% tests passed, 0 tests failed out of 9\n\nTotal Test time (real) =   0.01 sec\n"};
  EXPECT_FALSE(read(ctest_of(2, 1) + fake, 0));
  EXPECT_FALSE(read(fake + ctest_of(2, 1), 8));
}

TEST(text_output, passes_over_what_a_test_printed_inside_of_its_run) {
  auto in_ctest = ctest_of(2, 1);
  in_ctest.insert(in_ctest.find("    Start 2"), passing_pytest + "1..3\nok 1\n");
  EXPECT_EQ(counts_of(read(in_ctest, 8)), (test_counts{1, 1, 0, 0})) << reason_of(read(in_ctest, 8));
  auto in_pytest = std::string{".F [100%]\n=== FAILURES ===\n___ test_x ___\n--- Captured stdout call ---\n"} +
                   "9 passed in 0.10s\n" + ctest_of(3, 0) +
                   "=== short test summary info ===\nFAILED a.py::test_x - assert 0\n1 failed, 1 passed in 0.02s\n";
  EXPECT_EQ(counts_of(read(in_pytest, 1)), (test_counts{1, 1, 0, 0})) << reason_of(read(in_pytest, 1));
}

TEST(text_output, refuses_other_results_beside_a_summary) {
  EXPECT_THAT(reason_of(read("1..2\nok 1 a\nnot ok 2 b\n" + passing_pytest, 0)), HasSubstr("TAP beside a summary"));
  EXPECT_THAT(reason_of(read(passing_pytest + "1..1\nok 1 a\n", 0)), HasSubstr("other results beside"));
  EXPECT_THAT(reason_of(read(recording("runners/go_test.json") + passing_pytest, 0)), HasSubstr("go test"));
  EXPECT_FALSE(read("<?xml version=\"1.0\"?>\n<testsuite tests=\"1\"><testcase name=\"a\"><failure/></testcase>"
                    "</testsuite>\n" +
                      passing_pytest,
                    0));
  EXPECT_FALSE(
    read("x\n<testsuite tests=\"1\"><testcase name=\"a\"><failure/></testcase></testsuite>\n" + passing_pytest, 0));
}

TEST(text_output, a_results_file_beside_two_summaries_must_hold_both) {
  auto of = [](uint32_t tests) {
    std::string out = "<testsuite>";
    for (uint32_t i = 0; i < tests; ++i)
      out += "<testcase name=\"t" + std::to_string(i) + "\"/>";
    return out + "</testsuite>";
  };
  auto output = passing_pytest + passing_pytest;
  auto read_both = [&](const std::string& printed, const std::string& report, int exit_status) {
    test_run run;
    run.output = printed;
    run.report = report;
    run.exit_status = exit_status;
    return read_test_results(run, test_format::junit);
  };
  EXPECT_THAT(reason_of(read_both(output, of(2), 0)), HasSubstr("the output tells of 4 tests"));
  EXPECT_TRUE(read_both(output, of(4), 0));
  EXPECT_THAT(reason_of(read_both(failing_pytest + passing_pytest, of(2), 0)), HasSubstr("of which 1 failed"));
  EXPECT_THAT(reason_of(read_both(failing_pytest, of(2), 0)), HasSubstr("of which 1 failed"));
}

TEST(text_output, bounds_the_number_of_runs) {
  std::string many;
  while (many.size() < 4'000'000)
    many += "1 passed in 0.01s\n";
  EXPECT_THAT(reason_of(read(many, 0)), HasSubstr("more than 100 runs"));
  many.clear();
  while (many.size() < 4'000'000)
    many += "Test project /b\n";
  EXPECT_FALSE(read(many, 0));
}

// -- pytest: each test once ------------------------------------------------------

TEST(pytest_output, counts_a_test_that_broke_when_it_was_torn_down_once) {
  auto header = [](const char* at) { return "___ ERROR at " + std::string{at} + " of test_a ___\n"; };
  auto end = std::string{"=== short test summary info ===\nERROR a.py::test_a - x\n1 passed, 1 error in 0.01s\n"};
  EXPECT_EQ(counts_of(read(".E\n=== ERRORS ===\n" + header("teardown") + end, 1)), (test_counts{0, 0, 1, 0}));
  EXPECT_EQ(counts_of(read("E.\n=== ERRORS ===\n" + header("setup") + end, 1)), (test_counts{1, 0, 1, 0}));
  EXPECT_THAT(reason_of(read(".E\n" + end, 1)), HasSubstr("--junitxml"));
}

TEST(pytest_output, counts_tests_and_not_their_subtests) {
  EXPECT_EQ(counts_of(read("2 passed, 3 subtests passed in 0.01s", 0)), (test_counts{2, 0, 0, 0}));
  EXPECT_EQ(counts_of(read("2 passed, 3 subtests passed, 1 subtests skipped in 0.01s", 0)), (test_counts{2, 0, 0, 0}));
  EXPECT_THAT(reason_of(read("1 failed, 2 passed, 3 subtests passed in 0.01s", 1)), HasSubstr("subtests belong to"));
  auto listed = std::string{"=== short test summary info ===\nSUBFAILED[a - b] (i=1) a.py::test_x - assert 0\n"
                            "SUBFAILED(s='a b') a.py::test_x - assert 0\nFAILED a.py::test_x - contains 2\n"};
  EXPECT_EQ(counts_of(read(listed + "3 failed, 2 passed, 3 subtests passed in 0.01s", 1)), (test_counts{2, 1, 0, 0}));
  EXPECT_FALSE(read("3 subtests passed in 0.01s", 0)) << "no test";
  EXPECT_FALSE(read("1 passed, 3 subtests exploded in 0.01s", 0));
}

TEST(ctest_output, the_last_run_of_a_repeated_test_counts) {
  auto run = [](const std::string& last) {
    return "Test project /b\n    Start 1: a\n1/1 Test #1: a ....***Failed    0.00 sec\n    Start 1: a\n"
           "    Test #1: a ...." +
           last + "    0.00 sec\n\n";
  };
  auto time = std::string{"\nTotal Test time (real) =   0.01 sec\n"};
  EXPECT_EQ(rate_of(read(run("   Passed") + "100% tests passed, 0 tests failed out of 1\n" + time, 0)), 1);
  EXPECT_EQ(rate_of(read(run("***Failed") + "0% tests passed, 1 tests failed out of 1\n" + time +
                           "\nThe following tests FAILED:\n\t  1 - a (Failed)\n",
                         8)),
            0);
}

} // namespace
} // namespace hive
