#include "actors/review/rules/test_comparison.hpp"

#include <gmock/gmock.h>

namespace hive::review {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using enum test_outcome;

/// A run in which all tests have names.
test_results run_of_tests(std::vector<named_test> tests) {
  test_results out;
  for (const auto& test : tests)
    ++(test.outcome == passed    ? out.counts.passed
       : test.outcome == failed  ? out.counts.failed
       : test.outcome == skipped ? out.counts.skipped
                                 : out.counts.errors);
  out.tests = std::move(tests);
  return out;
}

tree_history history(const std::vector<std::vector<named_test>>& runs) {
  tree_history out;
  for (const auto& run : runs)
    out.add(run_of_tests(run));
  return out;
}

std::vector<std::string> names(const std::vector<compared_test>& tests) {
  std::vector<std::string> out;
  for (const auto& test : tests)
    out.push_back(test.name);
  return out;
}

changed_file change_of(std::string path, file_change kind, std::string old_path = {}) {
  changed_file out;
  out.path = std::move(path);
  out.old_path = old_path.empty() ? out.path : std::move(old_path);
  out.kind = kind;
  return out;
}

test_comparison compare(const tree_history& base, const std::vector<named_test>& head,
                        const std::vector<changed_file>& files = {}, const std::set<std::string>& known = {}) {
  return compare_tests(&base, run_of_tests(head), known, files);
}

TEST(test_comparison, tells_new_failures_from_old_and_fixed_ones) {
  auto base = history({{{"a", "", passed}, {"b", "", failed}, {"c", "", error}, {"d", "", passed}}});
  auto out =
    compare(base, {{"a", "", failed}, {"b", "", failed}, {"c", "", passed}, {"d", "", passed}, {"new", "", error}});
  EXPECT_THAT(names(out.new_failures), ElementsAre("a", "new"));
  EXPECT_THAT(names(out.old_failures), ElementsAre("b"));
  EXPECT_THAT(names(out.fixed), ElementsAre("c"));
  EXPECT_THAT(names(out.vanished), IsEmpty());
}

TEST(test_comparison, a_test_that_is_flaky_at_the_base_is_no_new_failure) {
  auto base = history({{{"a", "", passed}}, {{"a", "", failed}}, {{"a", "", passed}}});
  auto out = compare(base, {{"a", "", failed}});
  EXPECT_THAT(names(out.new_failures), IsEmpty());
  ASSERT_THAT(names(out.flaky), ElementsAre("a"));
  EXPECT_EQ(out.flaky[0].base_runs, 3u);
  EXPECT_EQ(out.flaky[0].base_failures, 1u);
}

TEST(test_comparison, a_name_that_fails_more_often_than_at_the_base_fails_anew) {
  auto base = history({{{"same", "", failed}, {"same", "", passed}}});
  EXPECT_THAT(names(compare(base, {{"same", "", failed}, {"same", "", passed}}).old_failures), ElementsAre("same"));
  EXPECT_THAT(names(compare(base, {{"same", "", failed}, {"same", "", failed}}).new_failures), ElementsAre("same"));
}

TEST(test_comparison, tests_that_vanish_with_their_files_left_are_found) {
  auto base = history({{{"t/a.py::x", "", passed}, {"t/a.py::y", "", failed}, {"t/b.py::z", "", passed}}});
  auto out = compare(base, {{"t/a.py::x", "", passed}}, {change_of("t/b.py", file_change::deleted)});
  EXPECT_THAT(names(out.vanished), ElementsAre("t/a.py::y")) << "also one that failed: who removes it hides it";
  EXPECT_THAT(out.deleted_files, ElementsAre("t/b.py"));
}

TEST(test_comparison, a_moved_test_file_is_no_deleted_one) {
  auto base = history({{{"old.t::x", "old/t", passed}}});
  auto moved = std::vector{change_of("new/t", file_change::renamed, "old/t")};
  auto out = compare(base, {{"new.t::x", "new/t", passed}}, moved);
  EXPECT_THAT(out.deleted_files, IsEmpty());
  EXPECT_THAT(names(out.vanished), IsEmpty());
  auto lost = compare(base, {{"other", "", passed}}, moved);
  EXPECT_THAT(lost.deleted_files, ElementsAre("old/t")) << "the new file holds no test";
}

TEST(test_comparison, a_deleted_test_file_is_found_by_its_name_too) {
  auto base = history({{{"a", "", passed}}});
  auto out = compare(base, {{"a", "", passed}},
                     {change_of("tests/helper.py", file_change::deleted), change_of("src/a.py", file_change::deleted)});
  EXPECT_THAT(out.deleted_files, ElementsAre("tests/helper.py"));
}

TEST(test_comparison, a_test_that_is_skipped_from_now_on_is_told) {
  auto base = history({{{"a", "", passed}, {"b", "", skipped}}});
  auto out = compare(base, {{"a", "", skipped}, {"b", "", skipped}});
  EXPECT_THAT(names(out.newly_skipped), ElementsAre("a"));
  EXPECT_THAT(names(out.vanished), IsEmpty());
}

TEST(test_comparison, known_failures_may_fail_and_vanish) {
  auto base = history({{{"a", "", passed}, {"b", "", passed}}});
  auto out = compare(base, {{"a", "", failed}}, {}, {"a", "b"});
  EXPECT_THAT(names(out.known_failures), ElementsAre("a"));
  EXPECT_THAT(names(out.new_failures), IsEmpty());
  EXPECT_THAT(names(out.vanished), IsEmpty());
}

TEST(test_comparison, a_test_that_not_every_run_of_the_base_had_cannot_vanish) {
  auto base = history({{{"a", "", passed}, {"now and then", "", passed}}, {{"a", "", passed}}});
  EXPECT_THAT(names(compare(base, {{"a", "", passed}}).vanished), IsEmpty());
}

/// A run of whose tests only the failed ones have names, as pytest prints them.
test_results failing_names(uint32_t passed_count, const std::vector<std::string>& failing, uint32_t unnamed = 0) {
  test_results out;
  out.counts.passed = passed_count;
  out.counts.failed = static_cast<uint32_t>(failing.size()) + unnamed;
  for (const auto& name : failing)
    out.tests.push_back({name, "", failed});
  return out;
}

TEST(test_comparison, counts_tests_where_they_have_no_names) {
  tree_history base;
  base.add(failing_names(9, {"old"}));
  auto same = compare_tests(&base, failing_names(9, {"old"}), {}, {});
  EXPECT_THAT(names(same.old_failures), ElementsAre("old"));
  EXPECT_THAT(names(same.vanished), IsEmpty());
  auto fewer = compare_tests(&base, failing_names(7, {"old"}), {}, {});
  ASSERT_EQ(fewer.vanished.size(), 1u);
  EXPECT_THAT(fewer.vanished[0].name, HasSubstr("2 tests fewer"));
  auto deleted = std::vector{change_of("tests/test_a.py", file_change::deleted)};
  EXPECT_THAT(names(compare_tests(&base, failing_names(7, {"old"}), {}, deleted).vanished), IsEmpty());
  EXPECT_THAT(names(compare_tests(&base, failing_names(8, {"old"}, 1), {}, {}).new_failures),
              ElementsAre("1 tests that the output does not name"));
}

TEST(test_comparison, a_test_without_a_name_when_it_passes_can_be_flaky) {
  tree_history base;
  base.add(failing_names(10, {}));
  auto first = compare_tests(&base, failing_names(9, {"a"}), {}, {});
  EXPECT_THAT(names(first.new_failures), ElementsAre("a"));
  EXPECT_TRUE(is_worth_repeating(first, base));
  base.add(failing_names(9, {"a"}));
  auto again = compare_tests(&base, failing_names(9, {"a"}), {}, {});
  EXPECT_THAT(names(again.new_failures), IsEmpty());
  EXPECT_THAT(names(again.flaky), ElementsAre("a"));
}

TEST(test_comparison, the_base_is_repeated_only_if_that_could_excuse_all_failures) {
  auto base = history({{{"a", "", passed}, {"b", "", passed}}});
  EXPECT_TRUE(is_worth_repeating(compare(base, {{"a", "", failed}, {"b", "", passed}}), base));
  EXPECT_FALSE(is_worth_repeating(compare(base, {{"a", "", failed}, {"b", "", passed}, {"new", "", failed}}), base));
  EXPECT_FALSE(is_worth_repeating(compare(base, {{"a", "", passed}, {"b", "", passed}}), base));
}

TEST(test_comparison, without_a_base_every_failure_is_new) {
  auto out = compare_tests(nullptr, run_of_tests({{"a", "", failed}, {"b", "", failed}, {"c", "", passed}}), {"b"}, {});
  EXPECT_THAT(names(out.new_failures), ElementsAre("a"));
  EXPECT_THAT(names(out.known_failures), ElementsAre("b"));
  EXPECT_THAT(names(out.vanished), IsEmpty());
}

TEST(test_comparison, a_history_survives_its_stored_form) {
  auto before =
    history({{{"a", "f", passed}, {"b", "", failed}, {"c", "", skipped}}, {{"a", "f", failed}, {"b", "", failed}}});
  auto stored = msg<wire::BaseRuns>::build([&](wire::BaseRuns::Builder out) {
    fill(out, before);
    out.setKey("k");
  });
  auto after = history_of(*stored);
  EXPECT_EQ(after.runs, 2u);
  EXPECT_EQ(after.names_all, before.names_all);
  EXPECT_EQ(after.fewest_tests, before.fewest_tests);
  EXPECT_EQ(after.tests.at("a").file, "f");
  EXPECT_TRUE(after.is_flaky(after.tests.at("a")));
  EXPECT_EQ(after.tests.at("b").failed_runs, 2u);
  EXPECT_EQ(after.tests.at("c").skipped_runs, 1u);
}

TEST(test_comparison, finds_the_file_of_a_test) {
  EXPECT_TRUE(belongs_to("tests/test_a.py::test_x", "", "tests/test_a.py"));
  EXPECT_TRUE(belongs_to("tests.test_a.TestX::y", "", "tests/test_a.py"));
  EXPECT_TRUE(belongs_to("test_a.TestX::y", "", "tests/test_a.py")) << "as seen from the folder tests";
  EXPECT_TRUE(belongs_to("anything", "tests/test_a.py", "tests/test_a.py"));
  EXPECT_TRUE(belongs_to("anything", "test_a.py", "tests/test_a.py"));
  EXPECT_FALSE(belongs_to("tests.test_ab.TestX::y", "", "tests/test_a.py"));
  EXPECT_FALSE(belongs_to("tests/test_a.pyc", "", "tests/test_a.py"));
  EXPECT_FALSE(belongs_to("anything", "xtest_a.py", "tests/test_a.py"));
  EXPECT_FALSE(belongs_to("test_a", "", "tests/test_a.py")) << "a module is no test";
  EXPECT_FALSE(belongs_to("x", "", ""));
}

TEST(test_comparison, knows_test_files_by_their_names) {
  for (const auto* path : {"test_a.py", "a/b_test.go", "a.spec.ts", "a.test.js", "src/ATest.java", "tests/data.json",
                           "x/__tests__/a.js", "spec/a.rb", "a_spec.rb"})
    EXPECT_TRUE(looks_like_test_file(path)) << path;
  for (const auto* path : {"a.py", "contest.py", "src/latest.c", "testing/a.c", "protest/a.c"})
    EXPECT_FALSE(looks_like_test_file(path)) << path;
}

} // namespace
} // namespace hive::review
