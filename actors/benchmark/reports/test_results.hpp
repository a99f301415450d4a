#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// Output formats of test runners.
enum class test_format : uint8_t {
  automatic, ///< detected from the text
  pytest,    ///< pytest's terminal output, with or without -q
  ctest,     ///< ctest's terminal output
  junit,     ///< JUnit XML in the dialects of its many writers
  tap,       ///< Test Anything Protocol, versions 12 to 14
  go,        ///< `go test -json`
};

/// `auto`, `pytest`, `ctest`, `junit`, `tap` or `go`.
std::optional<test_format> parse_test_format(std::string_view name);
/// Whether results files can have this format; the other formats are terminal output.
bool is_file_format(test_format format);

/// Counts of one complete run. Each test counts once, however often it ran or was reported.
struct test_counts {
  uint32_t passed = 0;
  uint32_t failed = 0;
  uint32_t errors = 0;  ///< failed outside of the test itself (set-up, tear-down); count as failures
  uint32_t skipped = 0; ///< skipped, deselected, disabled or expected to fail; not counted

  uint32_t failures() const {
    return failed + errors;
  }
  uint32_t total() const {
    return passed + failures();
  }
  /// passed / (passed + failed + errors). Requires at least one test.
  double pass_rate() const {
    return static_cast<double>(passed) / total();
  }
  bool operator==(const test_counts&) const = default;
};

/// Larger than any suite, and small enough that sums of a few such counts do not overflow.
inline constexpr uint32_t max_tests = 100'000'000;
/// Number of failed tests whose names are kept; all are counted.
inline constexpr size_t max_named_failures = 100;
/// Size limit of a failed test's name, in bytes.
inline constexpr size_t max_failure_name_bytes = 256;

enum class test_outcome : uint8_t { passed, failed, error, skipped };

/// Number of tests whose names are kept: more than fit into the largest report that is read.
inline constexpr size_t max_named_tests = 200'000;

/// One test of a run.
struct named_test {
  std::string name; ///< for display, at most max_failure_name_bytes
  std::string file; ///< its source file, where the report names it
  test_outcome outcome = test_outcome::passed;
};

/// Results over any number of runs.
struct test_results {
  test_counts counts;
  /// The tests that the format names: all in JUnit XML, TAP, `go test -json` and ctest's output; only the failed ones
  /// in pytest's output. At most max_named_tests. A name may stand for several tests.
  std::vector<named_test> tests;
  std::vector<std::string> failures; ///< names of failed tests, at most max_named_failures
  std::vector<std::string> runs;     ///< the writer of each added run, such as `pytest's output`
  test_counts last;                  ///< counts of the last run
  uint32_t repeated = 0;             ///< tests that were reported more than once; their last report counts

  /// Whether each test that counts is in `tests`.
  bool names_all() const;

  /// Adds one or more other runs. False when there would be more than max_tests tests.
  bool add(const test_results& other);
};

/// How a test command ended, and its output.
struct test_run {
  std::string_view output;            ///< its standard output
  std::string_view report;            ///< the results file that it wrote; empty: all results are in `output`
  std::optional<int> exit_status = 0; ///< nothing when unknown, for example for a stored file
  int signal = 0;
  bool timed_out = false;
  bool truncated = false;     ///< output is incomplete
  bool report_is_all = false; ///< the command is a single pytest run that wrote `report`; output contains no other run
};

/// Reads the results of a completed command, or fails: incomplete runs never yield a rate. All runs in the text are
/// added. Fails if a summary cannot be distinguished from output of a test. A runner's counters must agree with the
/// tests that it lists, and the exit status with both.
///
/// Fails with ec::timed_out, ec::process_failed (a crash, an interrupted or stopped run, a collection error, an exit
/// status that contradicts the results), ec::no_data (no test ran), ec::too_large (truncated) or ec::malformed (no
/// results, or not in the format's form).
caf::expected<test_results> read_test_results(const test_run& run, test_format format);

} // namespace hive
