#pragma once

#include "actors/benchmark/reports/test_tally.hpp"

#include <pugixml.hpp>

#include <caf/error.hpp>
#include <cstdint>

/// Used only by junit_report.cpp: interprets the elements of a suite and checks its counters against them.
namespace hive::detail {

/// The runner that wrote a report, as far as it matters for reading it.
enum class junit_dialect : uint8_t {
  common,  ///< counters count tests: GoogleTest, ctest, bats, PHPUnit, Surefire, nextest, go-junit-report, .NET, …
  pytest,  ///< counters count reports, and a test can have several: reruns, subtests, errors in tear-down
  catch2,  ///< `tests`, failures and errors count assertions
  doctest, ///< like catch2
  vitest,  ///< like common, but several tests may share a title
  jest,    ///< like vitest, and to-do tests are listed as passed, but not counted in `tests`
  mocha,   ///< titles like vitest; failed set-up is listed as a test, skipped tests may be missing
  node,    ///< node --test: titles like vitest, and a suite's `tests` counts only its direct children
};

junit_dialect dialect_of(pugi::xml_node root);
std::string_view name_of(junit_dialect dialect);

/// The outcome of one <testcase>; nothing when its `status` is unknown.
std::optional<test_outcome> outcome_of(pugi::xml_node test);

/// Totals of a suite and its nested suites.
struct suite_facts {
  uint64_t elements = 0;        ///< number of <testcase>
  uint64_t direct = 0;          ///< tests and suites directly in it
  uint64_t tests = 0;           ///< number of distinct tests
  uint64_t broken = 0;          ///< elements whose outcome is failed or error
  uint64_t skipped = 0;         ///< elements whose outcome is skipped
  uint64_t not_run = 0;         ///< part of `broken`: could not be run at all, which ctest counts as skipped
  uint64_t failure_reports = 0; ///< number of <failure>
  uint64_t error_reports = 0;   ///< number of <error>
  uint64_t skip_reports = 0;    ///< number of <skipped>
  uint64_t earlier_runs = 0;    ///< number of <rerunFailure>, <flakyFailure> and the like: runs before the last one
  uint64_t hooks = 0;           ///< failed mocha hooks around tests

  uint64_t passed() const {
    return elements - broken - skipped;
  }

  /// Counts one test with this outcome in every counter but `tests`, which the caller maintains.
  void add(pugi::xml_node test, test_outcome outcome);
  void add(const suite_facts& inner);
};

/// Fails with ec::malformed when the counters of `suite` contradict its content. Absent counters are not checked.
/// `root` is the report's root.
caf::error check_counters(pugi::xml_node suite, const suite_facts& facts, junit_dialect dialect, pugi::xml_node root);

/// Moves to-do tests from passed to skipped, and adds skipped tests that the report counts without listing, according
/// to the counters of `root`.
void correct_by_counters(pugi::xml_node root, const suite_facts& facts, junit_dialect dialect, test_counts& counts);

} // namespace hive::detail
