#pragma once

#include "actors/benchmark/reports/test_results.hpp"
#include "messages/msg.hpp"
#include "messages/review.capnp.h"
#include "platform/git_change.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Compares the tests of a change with those of its base.
namespace hive::review {

/// One name over the runs of a tree. A name can stand for several tests, which then count together.
struct test_history {
  std::string file;
  uint32_t clean_runs = 0;    ///< runs in which it ran and did not fail
  uint32_t failed_runs = 0;   ///< runs in which it failed
  uint32_t skipped_runs = 0;  ///< runs that only skipped it
  uint32_t most_failures = 0; ///< largest number of failures under this name in one run

  uint32_t runs() const {
    return clean_runs + failed_runs;
  }
};

/// All tests over the runs of a tree.
struct tree_history {
  std::map<std::string, test_history, std::less<>> tests; ///< by name
  uint32_t runs = 0;
  bool names_all = true;              ///< whether every run named all its tests
  uint32_t fewest_tests = UINT32_MAX; ///< smallest number of tests that ran in a run
  uint32_t most_unnamed_failures = 0; ///< largest number of failures without a name in a run
  test_counts newest;                 ///< counts of the newest run

  /// Adds one run.
  void add(const test_results& run);
  /// Whether a test failed in some runs and not in others, though nothing had changed.
  bool is_flaky(const test_history& test) const;
};

/// The stored form of a history and back. `newest` of the stored form also has the run's exit status and duration,
/// which the caller fills in.
void fill(wire::BaseRuns::Builder out, const tree_history& history);
tree_history history_of(wire::BaseRuns::Reader stored);

/// A test in a list of findings.
struct compared_test {
  std::string name;
  std::string file;
  uint32_t base_runs = 0;
  uint32_t base_failures = 0;
};

/// What changed between the tests of base and head. Lists are ordered by name.
struct test_comparison {
  std::vector<compared_test> new_failures;   ///< fail at the head, and not as often at the base
  std::vector<compared_test> old_failures;   ///< fail at the base as well
  std::vector<compared_test> flaky;          ///< fail at the head, and in some runs of the base
  std::vector<compared_test> known_failures; ///< fail at the head, and were named in advance
  std::vector<compared_test> vanished;       ///< ran at the base, are missing at the head, and their files are left
  std::vector<compared_test> newly_skipped;  ///< ran at the base, only skipped at the head
  std::vector<compared_test> fixed;          ///< failed in every run of the base, pass at the head
  std::vector<std::string> deleted_files;    ///< test files that the change deletes, or renames to what is no test file
};

/// Compares a run of the head with the runs of the base. Without a base, every failure that is not `known` is new, and
/// nothing can have vanished. `files` are those of the change.
///
/// - A test that fails more often under its name than it ever did at the base is a new failure, unless it is flaky
///   there.
/// - Where a format names not all tests, their numbers are compared: more unnamed failures than ever at the base are
///   new, and fewer tests are vanished ones, unless the change deletes test files.
test_comparison compare_tests(const tree_history* base, const test_results& head, const std::set<std::string>& known,
                              std::span<const changed_file> files);

/// Whether another run of the base could turn all new failures into flaky tests: each of them ran at the base, or may
/// have run there without a name.
bool is_worth_repeating(const test_comparison& compared, const tree_history& base);

/// Whether a test belongs to a source file: by the file that its report names, or by a name or class that begins with
/// the file's path, as pytest's `tests/test_a.py::test_b` and `tests.test_a.TestC` do. Leading directories may be
/// missing in the name.
bool belongs_to(std::string_view test_name, std::string_view test_file, std::string_view path);

/// Whether a path is that of a test file by the usual conventions: a name such as test_a.py, a_test.go, a.spec.ts or
/// ATest.java, or a directory test, tests, spec or __tests__.
bool looks_like_test_file(std::string_view path);

} // namespace hive::review
