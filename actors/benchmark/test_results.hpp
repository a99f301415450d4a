#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hive {

/// How a test runner writes its results.
enum class test_format : uint8_t {
  automatic, ///< whichever of the others the text turns out to be
  pytest,    ///< pytest's terminal output, with or without -q
  ctest,     ///< ctest's terminal output
  junit,     ///< JUnit XML as pytest, ctest --output-junit and GoogleTest write it
};

/// `auto`, `pytest`, `ctest` or `junit`.
std::optional<test_format> parse_test_format(std::string_view name);

/// What became of the tests of one complete run.
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

/// A test command's end and what it left.
struct test_run {
  std::string_view output; ///< its standard output
  std::string_view report; ///< the JUnit XML file it wrote; empty: the XML, if any, is in `output`
  int exit_status = 0;
  int signal = 0;
  bool timed_out = false;
  bool truncated = false; ///< output is not all of what it wrote
};

/// Reads the results of a complete run, or fails: there is never a rate from half a run. Only the last summary of the
/// output counts, it must be the end of the output, and what the run's exit status says must agree with it.
///
/// Fails with ec::timed_out, ec::process_failed (a crash, an interrupted or stopped run, an error in collection, an
/// exit status that contradicts the results), ec::no_data (no test ran), ec::too_large (truncated) or ec::malformed (no
/// results are found, or they are not what the format's runner writes).
caf::expected<test_counts> read_test_results(const test_run& run, test_format format);

} // namespace hive
