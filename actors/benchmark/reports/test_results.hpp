#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// How a test runner writes its results.
enum class test_format : uint8_t {
  automatic, ///< whichever of the others the text turns out to be
  pytest,    ///< pytest's terminal output, with or without -q
  ctest,     ///< ctest's terminal output
  junit,     ///< JUnit XML in the dialects of its many writers
  tap,       ///< Test Anything Protocol, versions 12 to 14
  go,        ///< `go test -json`
};

/// `auto`, `pytest`, `ctest`, `junit`, `tap` or `go`.
std::optional<test_format> parse_test_format(std::string_view name);
/// Whether a results file can be of this format; the others are what runners print for people.
bool is_file_format(test_format format);

/// What became of the tests of one complete run. Each test counts once, however often it ran or was reported.
struct test_counts {
  uint32_t passed = 0;
  uint32_t failed = 0;
  uint32_t errors = 0;  ///< broke outside of the test itself: set-up, tear-down; they count as failures
  uint32_t skipped = 0; ///< skipped, deselected, disabled, or failing as expected; they do not count

  uint32_t failures() const {
    return failed + errors;
  }
  uint32_t total() const {
    return passed + failures();
  }
  /// passed / (passed + failed + errors). Only for counts of at least one test.
  double pass_rate() const {
    return static_cast<double>(passed) / total();
  }
  bool operator==(const test_counts&) const = default;
};

/// More tests than any suite has, and few enough that no sum of a few such counts overflows.
inline constexpr uint32_t max_tests = 100'000'000;
/// Names of failed tests that are kept; all are counted.
inline constexpr size_t max_named_failures = 100;
/// Longest such name that is kept, in bytes.
inline constexpr size_t max_failure_name_bytes = 256;

/// What runners report, from however many runs.
struct test_results {
  test_counts counts;
  std::vector<std::string> failures; ///< names of tests that failed, the first max_named_failures of them
  std::vector<std::string> runs;     ///< who wrote each of the runs that were added, such as `pytest's output`
  test_counts last;                  ///< those of the last run
  uint32_t repeated = 0;             ///< tests that were reported more than once; their last report counts

  /// Adds another run, or several. False when there would be more than max_tests tests.
  bool add(const test_results& other);
};

/// A test command's end and what it left.
struct test_run {
  std::string_view output;            ///< its standard output
  std::string_view report;            ///< the results file it wrote; empty: all results are in `output`
  std::optional<int> exit_status = 0; ///< nothing: not known, such as for a file that was kept
  int signal = 0;
  bool timed_out = false;
  bool truncated = false;     ///< output is not all of what it wrote
  bool report_is_all = false; ///< the command is one run of pytest, which wrote `report`: output tells of no other run
};

/// Reads the results of a complete command, or fails: there is never a rate from half a run. Every run that the text
/// tells of is added; where a summary cannot be told from what a test printed, nothing is read. The counters that a
/// runner writes must agree with the tests that it lists, and the exit status with all of it.
///
/// Fails with ec::timed_out, ec::process_failed (a crash, an interrupted or stopped run, an error in collection, an
/// exit status that contradicts the results), ec::no_data (no test ran), ec::too_large (truncated) or ec::malformed (no
/// results are found, or they are not what the format's runner writes).
caf::expected<test_results> read_test_results(const test_run& run, test_format format);

} // namespace hive
