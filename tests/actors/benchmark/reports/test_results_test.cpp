#include "actors/benchmark/reports/test_results.hpp"

#include "messages/ec.hpp"
#include "tests/actors/benchmark/reports/recordings.hpp"
#include "tests/support/seed.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <random>
#include <string>

namespace hive {
namespace {

using namespace test_recordings;
using testing::HasSubstr;

/// A recorded run, and the results that must be read from it.
struct expectation {
  std::string name;
  test_format format;
  int exit_status = 0;
  int signal = 0;
  test_counts counts{}; ///< when `error` is none
  ec error = ec::none;
  std::string why = {};    ///< part of the error's text
  std::string report = {}; ///< file name of the JUnit report
};

const std::vector<expectation>& expectations() {
  using enum test_format;
  static const std::vector<expectation> all{
    {"pytest_pass.txt", pytest, 0, 0, {2, 0, 0, 1}},
    {"pytest_pass_q.txt", pytest, 0, 0, {2, 0, 0, 1}},
    {"pytest_mixed.txt", pytest, 1, 0, {1, 2, 0, 0}},
    {"pytest_mixed_q.txt", pytest, 1, 0, {1, 2, 0, 0}},
    {"pytest_verbose.txt", pytest, 1, 0, {1, 2, 0, 0}},
    {"pytest_colour.txt", pytest, 1, 0, {1, 2, 0, 0}},
    {"pytest_errors_q.txt", pytest, 1, 0, {1, 1, 2, 0}},
    {"pytest_expected_q.txt", pytest, 0, 0, {2, 0, 0, 2}},
    {"pytest_strict_q.txt", pytest, 1, 0, {1, 1, 0, 0}},
    {"pytest_warning_q.txt", pytest, 0, 0, {1, 0, 0, 0}},
    {"pytest_slow_q.txt", pytest, 0, 0, {1, 0, 0, 0}},
    {"pytest_fake.txt", pytest, 1, 0, {1, 1, 0, 0}},
    {"pytest_fake_uncaptured_q.txt", pytest, 1, 0, {}, ec::malformed, "what a test printed"},
    {"pytest_skipped_q.txt", pytest, 0, 0, {}, ec::no_data, "no test ran"},
    {"pytest_all_deselected_q.txt", pytest, 5, 0, {}, ec::no_data, "no test"},
    {"pytest_no_tests.txt", pytest, 5, 0, {}, ec::no_data, "no test"},
    {"pytest_no_tests_q.txt", pytest, 5, 0, {}, ec::no_data, "no test"},
    {"pytest_collection.txt", pytest, 2, 0, {}, ec::process_failed, "collection"},
    {"pytest_collection_q.txt", pytest, 2, 0, {}, ec::process_failed, "collection"},
    {"pytest_collection_continued_q.txt", pytest, 1, 0, {}, ec::process_failed, "collect every file"},
    {"pytest_abort_q.txt", pytest, -1, SIGABRT, {}, ec::process_failed, "SIGABRT"},
    {"pytest_exit_q.txt", pytest, 0, 0, {}, ec::malformed, "does not end with"},
    {"pytest_interrupt.txt", pytest, 2, 0, {}, ec::process_failed, "interrupted"},
    {"pytest_first_failure_q.txt", pytest, 1, 0, {}, ec::process_failed, "stopping after 1 failures"},
    {"pytest_usage.txt", pytest, 4, 0, {}, ec::process_failed, "command line"},
    {"pytest_internal.txt", pytest, 3, 0, {}, ec::process_failed, "internal error"},
    {"ctest_pass.txt", ctest, 0, 0, {2, 0, 0, 0}},
    {"ctest_pass_verbose.txt", ctest, 0, 0, {2, 0, 0, 0}},
    {"ctest_all.txt", ctest, 8, 0, {1, 4, 0, 2}},
    {"ctest_parallel.txt", ctest, 8, 0, {1, 4, 0, 2}},
    {"ctest_colour.txt", ctest, 8, 0, {1, 4, 0, 2}},
    {"ctest_skipped.txt", ctest, 0, 0, {1, 0, 0, 2}},
    {"ctest_fake.txt", ctest, 8, 0, {1, 1, 0, 0}},
    {"ctest_nothing_ran.txt", ctest, 0, 0, {}, ec::no_data, "no test ran"},
    {"ctest_none.txt", ctest, 0, 0, {}, ec::no_data, "no test"},
    {"ctest_first_failure.txt", ctest, 8, 0, {}, ec::process_failed, "stopped after 2 of 7"},
    {"ctest_killed.txt", ctest, -1, SIGKILL, {}, ec::process_failed, "SIGKILL"},
    {"junit_pytest_stdout.txt", junit, 1, 0, {4, 2, 3, 2}, ec::none, "", "junit_pytest.xml"},
    {"ctest_all.txt", junit, 8, 0, {1, 4, 0, 2}, ec::none, "", "junit_ctest.xml"},
    {"gtest_stdout.txt", junit, 1, 0, {2, 1, 0, 2}, ec::none, "", "junit_gtest.xml"},
    {"junit_pytest_collection_stdout.txt",
     junit,
     1,
     0,
     {},
     ec::process_failed,
     "collect",
     "junit_pytest_collection.xml"},
    {"junit_pytest_interrupt_stdout.txt",
     junit,
     2,
     0,
     {},
     ec::process_failed,
     "interrupted",
     "junit_pytest_interrupt.xml"},
    {"junit_pytest_first_failure_stdout.txt",
     junit,
     1,
     0,
     {},
     ec::process_failed,
     "stopping after",
     "junit_pytest_first_failure.xml"},
    {"junit_pytest_internal_stdout.txt", junit, 3, 0, {}, ec::process_failed, "internal", "junit_pytest_internal.xml"},
    {"junit_pytest_no_tests_stdout.txt", junit, 5, 0, {}, ec::no_data, "no test", "junit_pytest_no_tests.xml"},
    {"ctest_first_failure.txt",
     junit,
     8,
     0,
     {},
     ec::process_failed,
     "stopped after 2 of 7",
     "junit_ctest_first_failure.xml"},
  };
  return all;
}

void expect(const expectation& wanted, test_format format) {
  auto output = recording(wanted.name);
  auto report = wanted.report.empty() ? std::string{} : recording(wanted.report);
  auto results = read_test_results({output, report, wanted.exit_status, wanted.signal}, format);
  SCOPED_TRACE(wanted.name + " " + wanted.report);
  if (wanted.error == ec::none) {
    ASSERT_TRUE(results) << text_of(results.error());
    const auto& counts = results->counts;
    EXPECT_EQ(counts, wanted.counts) << counts.passed << " " << counts.failed << " " << counts.errors << " "
                                     << counts.skipped;
  } else {
    ASSERT_FALSE(results);
    EXPECT_EQ(code_of(results.error()), wanted.error) << text_of(results.error());
    EXPECT_THAT(text_of(results.error()), HasSubstr(wanted.why));
  }
}

TEST(test_results, reads_every_recording) {
  for (const auto& wanted : expectations())
    expect(wanted, wanted.format);
}

TEST(test_results, finds_the_format_by_itself) {
  for (const auto& wanted : expectations())
    if (wanted.error == ec::none)
      expect(wanted, test_format::automatic);
}

TEST(test_results, never_gives_a_rate_for_an_unreadable_recording_whatever_the_format) {
  using enum test_format;
  for (const auto& wanted : expectations())
    if (wanted.error != ec::none && wanted.report.empty())
      for (auto format : {automatic, pytest, ctest, junit}) {
        test_run run{recording(wanted.name), {}, wanted.exit_status, wanted.signal};
        auto output = recording(wanted.name);
        run.output = output;
        EXPECT_FALSE(read_test_results(run, format)) << wanted.name;
      }
}

TEST(test_results, counts_what_the_source_system_misreads) {
  auto mixed = read("2 failed, 1 passed in 0.12s\n", 1);
  ASSERT_TRUE(mixed);
  EXPECT_DOUBLE_EQ(mixed->counts.pass_rate(), 1.0 / 3);
  EXPECT_EQ(mixed->counts.failures(), 2u);
  auto deselected = read("1 passed, 1 deselected in 0.01s\n", 0);
  ASSERT_TRUE(deselected);
  EXPECT_EQ(deselected->counts.pass_rate(), 1.0);
  auto errors = read("1 passed, 3 errors in 0.01s\n", 1);
  ASSERT_TRUE(errors);
  EXPECT_EQ(errors->counts.pass_rate(), 0.25);
}

TEST(test_results, refuses_a_summary_of_pytest_that_lacks_the_failures_listed_above_it) {
  std::string listed = "..  [100%]\n=== short test summary info ===\n";
  auto failed = read(listed + "FAILED a.py::test_x - assert 0\n2 passed in 0.01s\n", 0);
  ASSERT_FALSE(failed);
  EXPECT_THAT(text_of(failed.error()), HasSubstr("failures that are missing in its summary"));
  EXPECT_FALSE(read(listed + "ERROR a.py::test_x - assert 0\n2 passed in 0.01s\n", 0));
  EXPECT_FALSE(read(listed + "FAILED a.py::x\nFAILED a.py::y\n1 failed, 1 passed in 0.01s\n", 1));
  EXPECT_TRUE(read(listed + "FAILED a.py::x\n1 failed, 1 passed in 0.01s\n", 1));
}

TEST(test_results, refuses_an_exit_status_that_contradicts_the_summary) {
  EXPECT_FALSE(read("2 failed, 1 passed in 0.12s\n", 0));
  EXPECT_FALSE(read("3 passed in 0.12s\n", 1));
  EXPECT_FALSE(read(recording("ctest_pass.txt"), 8));
  EXPECT_FALSE(read(recording("ctest_all.txt"), 0));
  EXPECT_FALSE(read(recording("junit_gtest.xml"), 0));
  for (int crash : {126, 127, 134, 139, 255, -1})
    EXPECT_FALSE(read("2 failed, 1 passed in 0.12s\n", crash)) << crash;
}

TEST(test_results, refuses_timeouts_crashes_and_cut_output_even_with_a_summary) {
  auto code = [](test_run run) {
    run.output = "1 passed in 0.01s\n";
    auto counts = read_test_results(run, test_format::automatic);
    return counts ? ec::none : code_of(counts.error());
  };
  EXPECT_EQ(code({{}, {}, 0, 0, false, false}), ec::none);
  EXPECT_EQ(code({{}, {}, 0, 0, true, false}), ec::timed_out);
  EXPECT_EQ(code({{}, {}, 0, SIGSEGV, false, false}), ec::process_failed);
  EXPECT_EQ(code({{}, {}, 0, 0, false, true}), ec::too_large);
}

TEST(test_results, takes_a_pytest_summary_only_as_pytest_writes_it) {
  for (auto line : {"1 passed in 0.01s", "= 1 passed in 0.01s =", "1 passed, 2 warnings in 75.00s (0:01:15)",
                    "==== 1 passed in 90000.00s (1 day, 1:00:00) ====", "1 passed, 2 rerun in 0.01s"})
    EXPECT_TRUE(read(line, 0, test_format::pytest)) << line;
  for (auto line : {"",
                    "1 passed",
                    "passed in 0.01s",
                    "1 passed in 0.01",
                    "1 passed in 0.01s extra",
                    "x 1 passed in 0.01s",
                    "==== 1 passed in 0.01s",
                    "1 passed in 0.01s ====",
                    "1 passed, in 0.01s",
                    "1 passed 1 skipped in 0.01s",
                    "1 passed, 1 passed in 0.01s",
                    "1 passed, 1 exploded in 0.01s",
                    "-1 passed in 0.01s",
                    "+1 passed in 0.01s",
                    "99999999999 passed in 0.01s",
                    "4294967295 passed in 0.01s",
                    "1  passed in 0.01s",
                    "1 passed in 1s",
                    "no tests ran in 0.01s",
                    "1 warning in 0.01s",
                    "test: 1 passed in 0.01s"})
    EXPECT_FALSE(read(line, 0, test_format::pytest)) << line;
}

TEST(test_results, lets_only_the_end_of_the_output_be_the_summary) {
  EXPECT_FALSE(read("9 passed in 0.10s\nSegmentation fault\n", 0));
  EXPECT_FALSE(read("9 passed in 0.10s\n.", 0));
  auto tail = std::string{"100% tests passed, 0 tests failed out of 1\n\nTotal Test time (real) =   0.01 sec\n"};
  auto line = std::string{"1/1 Test #1: a ...   Passed    0.00 sec\n\n"};
  EXPECT_TRUE(read(line + tail, 0));
  EXPECT_FALSE(read(line + tail + "2/2 Test #2: b ...\n", 0));
  EXPECT_FALSE(read(tail, 0)) << "no result line says how many tests there were";
  // One of nine tests prints what looks like a whole summary. The runner continues, and is killed without a word.
  EXPECT_FALSE(read("1/9 Test #1: a ...   Passed    0.00 sec\n" + tail, 0));
}

TEST(test_results, reads_lines_that_end_as_on_windows) {
  auto counts = read("..F\r\n2 passed, 1 failed in 0.10s\r\n", 1);
  ASSERT_TRUE(counts) << text_of(counts.error());
  EXPECT_EQ(counts->counts.passed, 2u);
}

TEST(test_results, refuses_xml_that_is_no_complete_junit_report) {
  auto refused = [](const std::string& xml) { return !read(xml, 0, test_format::junit); };
  EXPECT_FALSE(refused(R"(<testsuite><testcase name="a"/></testsuite>)"));
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("<testsuite>"));
  EXPECT_TRUE(refused("<testsuite/>")) << "no test";
  EXPECT_TRUE(refused(R"(<html><testcase name="a"/></html>)"));
  EXPECT_TRUE(refused(R"(<testsuite><testcase/></testsuite>)"));
  EXPECT_TRUE(refused(R"(<testsuite tests="2"><testcase name="a"/></testsuite>)"));
  EXPECT_TRUE(refused(R"(<testsuite tests="-1"><testcase name="a"/></testsuite>)"));
  EXPECT_TRUE(refused(R"(<testsuite><testcase name="a"/></testsuite><testsuite><testcase name="b"/>)"));
  EXPECT_TRUE(
    refused(R"(<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&e;"/></testsuite>)"));
  std::string deep;
  for (int i = 0; i < 100'000; ++i)
    deep += "<testsuite>";
  EXPECT_TRUE(refused(deep));
  for (int i = 0; i < 100'000; ++i)
    deep += "</testsuite>";
  EXPECT_TRUE(refused(deep));
}

TEST(test_results, names_every_format) {
  EXPECT_EQ(parse_test_format("auto"), test_format::automatic);
  EXPECT_EQ(parse_test_format("pytest"), test_format::pytest);
  EXPECT_EQ(parse_test_format("ctest"), test_format::ctest);
  EXPECT_EQ(parse_test_format("junit"), test_format::junit);
  EXPECT_EQ(parse_test_format("tap"), test_format::tap);
  EXPECT_EQ(parse_test_format("go"), test_format::go);
  EXPECT_EQ(parse_test_format("JUnit"), std::nullopt);
}

// -- cut and damaged recordings ------------------------------------------------

/// Truncation may remove only blanks and the end of the last line's duration; the counts must then stay the same.
TEST(test_results, a_cut_recording_gives_no_other_counts_than_the_whole_one) {
  for (const auto& wanted : expectations()) {
    auto text = recording(wanted.report.empty() ? wanted.name : wanted.report);
    auto whole = read(text, wanted.exit_status, wanted.format);
    for (size_t size = 0; size < text.size(); ++size) {
      auto cut = read(std::string_view{text}.substr(0, size), wanted.exit_status, wanted.format);
      if (cut) {
        ASSERT_TRUE(whole) << wanted.name << " cut at " << size;
        ASSERT_EQ(cut->counts, whole->counts) << wanted.name << " cut at " << size;
      }
    }
  }
}

class mutator {
public:
  explicit mutator(uint32_t seed) : random_{seed} {
  }

  std::string mutate(std::string text) {
    for (auto changes = pick(3) + 1; changes > 0 && !text.empty(); --changes)
      change(text);
    return text;
  }

private:
  size_t pick(size_t below) {
    return std::uniform_int_distribution<size_t>{0, below - 1}(random_);
  }

  void change(std::string& text) {
    auto at = pick(text.size());
    switch (pick(5)) {
    case 0:
      text[at] = static_cast<char>(pick(256));
      break;
    case 1:
      text.erase(at, pick(text.size() - at) + 1);
      break;
    case 2:
      text.insert(at, text.substr(pick(text.size()), pick(80)));
      break;
    case 3:
      text.insert(at, 1, "0123456789\n\x1b[=!<>/\"&"[pick(20)]);
      break;
    default:
      text.resize(at);
    }
  }

  std::mt19937 random_;
};

/// Incomplete runs stay incomplete whatever happens to their bytes, because how they ended is known from elsewhere.
/// Recordings that only their text shows to be incomplete (stopped early, or exited silently) are left out, since a
/// mutation may remove that very text.
TEST(test_results, a_damaged_recording_of_an_incomplete_run_gives_no_rate) {
  HIVE_RANDOM_SEED(seed);
  mutator mutations{seed};
  for (const auto& wanted : expectations()) {
    bool told_by_end = wanted.signal != 0 || wanted.exit_status > 1;
    if (wanted.error == ec::none || !told_by_end || wanted.format != test_format::pytest)
      continue;
    auto text = recording(wanted.name);
    for (int i = 0; i < 300; ++i) {
      auto damaged = mutations.mutate(text);
      test_run run{damaged, {}, wanted.exit_status, wanted.signal};
      ASSERT_FALSE(read_test_results(run, wanted.format)) << wanted.name << "\n" << damaged;
    }
  }
}

/// Whatever is read, the counts never contradict the exit status, and nothing crashes.
TEST(test_results, damaged_recordings_never_contradict_their_exit_status) {
  HIVE_RANDOM_SEED(seed);
  mutator mutations{seed};
  for (const auto& wanted : expectations()) {
    auto text = recording(wanted.report.empty() ? wanted.name : wanted.report);
    for (int i = 0; i < 300; ++i) {
      auto damaged = mutations.mutate(text);
      auto counts = read(damaged, wanted.exit_status, i % 2 == 0 ? wanted.format : test_format::automatic);
      if (counts) {
        ASSERT_GT(counts->counts.total(), 0u);
        // With several runs, the exit status is that of the last one.
        ASSERT_EQ(counts->last.failures() == 0 || counts->runs.size() > 1,
                  wanted.exit_status == 0 || counts->runs.size() > 1)
          << damaged;
        ASSERT_TRUE(wanted.exit_status == 0 || counts->counts.failures() > 0) << damaged;
      }
    }
  }
}

} // namespace
} // namespace hive
