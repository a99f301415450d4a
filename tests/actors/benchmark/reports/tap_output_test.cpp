#include "messages/ec.hpp"
#include "tests/actors/benchmark/reports/recordings.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace test_recordings;
using testing::ElementsAre;
using testing::HasSubstr;

caf::expected<test_results> read_tap(const std::string& text) {
  return read(text, std::nullopt, test_format::tap);
}

std::string tap_error(const std::string& text) {
  auto results = read_tap(text);
  return results ? "" : text_of(results.error());
}

TEST(tap_output, reads_plans_at_both_ends) {
  EXPECT_EQ(counts_of(read_tap("TAP version 13\n1..2\nok 1 - a\nnot ok 2 - b\n")), (test_counts{1, 1, 0, 0}));
  EXPECT_EQ(counts_of(read_tap("ok 1 - a\nnot ok 2 - b\n1..2\n")), (test_counts{1, 1, 0, 0}));
  EXPECT_EQ(counts_of(read_tap("1..3\nok\nok a\nnot ok\n")), (test_counts{2, 1, 0, 0}));
  EXPECT_THAT(read_tap("1..1\nnot ok 1 - divides # time=2ms\n")->failures, ElementsAre("divides"));
}

TEST(tap_output, skipped_and_unfinished_tests_do_not_count) {
  EXPECT_EQ(counts_of(read_tap("1..5\nok 1 a\nok 2 b # SKIP no net\nnot ok 3 c # TODO later\nok 4 d # todo\n"
                               "not ok 5 e # skipped: off\n")),
            (test_counts{1, 0, 0, 4}));
  EXPECT_EQ(counts_of(read_tap("1..2\nok 1 issue \\# skip it\nnot ok 2 # 3 of 4\n")), (test_counts{1, 1, 0, 0}));
  EXPECT_THAT(tap_error("1..0 # SKIP no network\n"), HasSubstr("no test ran"));
}

TEST(tap_output, subtests_count_instead_of_the_test_that_holds_them) {
  EXPECT_EQ(
    counts_of(read_tap("1..2\n# Subtest: s\n    1..2\n    ok 1 - a\n    not ok 2 - b\nnot ok 1 - s\nok 2 - c\n")),
    (test_counts{2, 1, 0, 0}));
  EXPECT_EQ(counts_of(read_tap("TAP version 14\n1..2\nnot ok 1 - s {\n    1..2\n    ok 1 - a\n    not ok 2 - b\n}\n"
                               "ok 2 - c {\n}\n")),
            (test_counts{2, 1, 0, 0}));
  // The parent failed although all its subtests passed.
  EXPECT_EQ(counts_of(read_tap("1..1\n    1..1\n    ok 1 - a\nnot ok 1 - s\n")), (test_counts{1, 1, 0, 0}));
  // A subtest failed although its parent passed.
  EXPECT_EQ(counts_of(read_tap("1..1\n    1..1\n    not ok 1 - a\nok 1 - s\n")), (test_counts{0, 1, 0, 0}));
  EXPECT_EQ(counts_of(read_tap("1..2\n    1..1\n    not ok 1 - a\nnot ok 1 - s # TODO\nok 2\n")),
            (test_counts{1, 0, 0, 1}));
  EXPECT_THAT(
    read_tap("1..1\n    1..1\n        1..1\n        not ok 1 - x\n    not ok 1 - b\nnot ok 1 - a\n")->failures,
    ElementsAre("a > b > x"));
}

TEST(tap_output, refuses_a_run_that_was_not_complete) {
  EXPECT_THAT(tap_error("1..3\nok 1\nok 2\n"), HasSubstr("holds 2 tests, but 3 were planned"));
  EXPECT_THAT(tap_error("1..1\nok 1\nok 2\n"), HasSubstr("holds 2 tests, but 1 were planned"));
  EXPECT_THAT(tap_error("ok 1\nok 2\n"), HasSubstr("no plan"));
  EXPECT_THAT(tap_error("1..2\nok 1\nBail out! no disk\n"), HasSubstr("gave up: Bail out! no disk"));
  EXPECT_THAT(tap_error("1..2\nok 1\nok 1\n"), HasSubstr("number 1 twice"));
  EXPECT_THAT(tap_error("1..1\n    1..2\n    ok 1\nok 1 - s\n"), HasSubstr("holds 1 tests, but 2 were planned"));
  EXPECT_THAT(tap_error("1..1\nok 1\n    1..1\n    not ok 1\n"), HasSubstr("subtests of no test"));
  EXPECT_THAT(tap_error("1..2\nnot ok 1\n  ---\n  at: x\nok 2\n"), HasSubstr("YAML block without an end"));
  EXPECT_THAT(tap_error("1..99999999999\nok 1\n"), HasSubstr("TAP"));
  EXPECT_THAT(tap_error("1..999999999\nok 1\n"), HasSubstr("more tests than can be counted"));
  EXPECT_THAT(tap_error("nothing\n"), HasSubstr("holds no test"));
}

TEST(tap_output, refuses_a_last_line_that_may_lack_a_directive) {
  EXPECT_THAT(tap_error("1..2\nnot ok 1\nok 2 - a"), HasSubstr("ends in the middle of a line"));
  EXPECT_TRUE(read_tap("1..2\nok 1\nnot ok 2 - a"));
  EXPECT_TRUE(read_tap("1..2\nok 1\nok 2 - a # SKIP"));
}

TEST(tap_output, what_tests_print_is_no_part_of_it) {
  EXPECT_EQ(
    counts_of(read_tap("hello\n1..1\nokay then\nnot okay\nnot ok 1 - a\n  ---\n  ok 7\n  not ok 8\n  1..9\n  ...\n")),
    (test_counts{0, 1, 0, 0}));
}

TEST(tap_output, adds_documents) {
  auto first = std::string{"1..2\nok 1\nnot ok 2\n"};
  auto second = std::string{"TAP version 13\nok 1\nok 2\nok 3\n1..3\n"};
  EXPECT_EQ(counts_of(read_tap(first + second)), (test_counts{4, 1, 0, 0}));
  EXPECT_EQ(counts_of(read_tap(second + first)), (test_counts{4, 1, 0, 0}));
  EXPECT_EQ(counts_of(read_tap(first + first)), (test_counts{2, 2, 0, 0}));
  EXPECT_EQ(counts_of(read_tap("ok 1\n1..1\nnot ok 1\n1..1\n")), (test_counts{1, 1, 0, 0}));
  EXPECT_FALSE(read_tap("1..4\nok 1\n" + first));
  EXPECT_FALSE(read_tap(second + "ok 1\n"));
}

TEST(tap_output, the_counters_behind_it_must_agree) {
  auto text = std::string{"1..2\nok 1\nnot ok 2\n"};
  EXPECT_TRUE(read_tap(text + "# tests 2\n# pass 1\n# fail 1\n"));
  EXPECT_THAT(tap_error(text + "# fail 0\n"), HasSubstr("says # fail 0, but holds 1 failed"));
  EXPECT_THAT(tap_error("1..1\nok 1\n# fail  1\n"), HasSubstr("says # fail 1, but holds 0 failed"));
}

TEST(tap_output, bounds_its_depth) {
  std::string deep = "1..1\n";
  for (int i = 1; i < 500; ++i)
    deep += std::string(static_cast<size_t>(i) * 4, ' ') + "1..1\n";
  EXPECT_THAT(tap_error(deep), HasSubstr("deep"));
}

} // namespace
} // namespace hive
