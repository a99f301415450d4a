#pragma once

#include "actors/benchmark/reports/test_tally.hpp"

#include <pugixml.hpp>

#include <caf/error.hpp>
#include <cstdint>

/// For junit_report.cpp alone: what the elements of a suite say, and how its counters are to be compared with them.
namespace hive::detail {

/// Who wrote a report, as far as that changes how it is to be read.
enum class junit_dialect : uint8_t {
  common,  ///< counters count tests: GoogleTest, ctest, bats, PHPUnit, Surefire, nextest, go-junit-report, .NET, …
  pytest,  ///< counters count reports, of which a test can have several: reruns, subtests, an error behind its end
  catch2,  ///< `tests` counts assertions; failures and errors are the assertions' too
  doctest, ///< the same
  vitest,  ///< as common, but several tests may have one title
  jest,    ///< the same, and tests that are still to be written stand there as if they had passed; `tests` lacks them
  mocha,   ///< the same titles; set-up that failed stands there as a test, skipped tests need not
  node,    ///< node --test: the same titles, and `tests` of a suite counts what stands directly in it
};

junit_dialect dialect_of(pugi::xml_node root);
std::string_view name_of(junit_dialect dialect);

/// What became of one <testcase>; nothing when its `status` is none that a runner writes.
std::optional<test_outcome> outcome_of(pugi::xml_node test);

/// What stands in a suite and the suites within it.
struct suite_facts {
  uint64_t elements = 0;        ///< <testcase>
  uint64_t direct = 0;          ///< tests and suites directly in it
  uint64_t tests = 0;           ///< elements that tell of different tests
  uint64_t broken = 0;          ///< elements whose outcome is failed or error
  uint64_t skipped = 0;         ///< elements whose outcome is skipped
  uint64_t not_run = 0;         ///< those of `broken` that could not be run at all, which ctest counts as skipped
  uint64_t failure_reports = 0; ///< <failure>
  uint64_t error_reports = 0;   ///< <error>
  uint64_t skip_reports = 0;    ///< <skipped>
  uint64_t earlier_runs = 0;    ///< <rerunFailure>, <flakyFailure> and the like: runs before the last one
  uint64_t hooks = 0;           ///< what failed around tests of mocha

  uint64_t passed() const {
    return elements - broken - skipped;
  }

  /// Takes one test with its outcome. `tests` is left to the caller.
  void add(pugi::xml_node test, test_outcome outcome);
  void add(const suite_facts& inner);
};

/// ec::malformed when the counters of `suite` contradict what stands in it. Counters that are not given say nothing.
/// `root` is the report's root.
caf::error check_counters(pugi::xml_node suite, const suite_facts& facts, junit_dialect dialect, pugi::xml_node root);

/// Moves tests that are still to be written from the passed to the skipped ones, and adds skipped tests that are not
/// listed, as far as the counters of `root` tell of such.
void correct_by_counters(pugi::xml_node root, const suite_facts& facts, junit_dialect dialect, test_counts& counts);

} // namespace hive::detail
