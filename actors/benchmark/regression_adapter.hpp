#pragma once

#include "actors/benchmark/reports/test_results.hpp"
#include "actors/benchmark/run_adapter.hpp"
#include "actors/process/api.hpp"
#include "actors/remote/api.hpp"

namespace hive {

/// Which tests the regression adapter runs, and how it reads their results.
struct regression_options {
  /// Program and arguments. Empty: default_test_command, when there is a workdir to run it in; its results are read
  /// from a JUnit file in a directory of the node's own, whatever the project says of pytest's output.
  std::vector<std::string> command;
  std::string workdir; ///< a checkout of the software under test; empty: the node's working directory
  std::vector<std::pair<std::string, std::string>> environment; ///< added to a minimal one
  std::chrono::milliseconds timeout{defaults::adapter_timeout}; ///< of a measurement with all its repeats
  test_format format = test_format::automatic;
  /// A file that the command writes (JUnit XML, TAP or `go test -json`), relative to the workdir; empty: results are
  /// read from standard output. It is removed before each run, so that a run which writes none cannot be judged by an
  /// older one.
  std::string results_file;

  /// Why there is nothing to test, so that the adapter skips; empty when there is.
  std::string why_idle() const;

  /// ec::invalid with the offending option, or nothing.
  caf::error validate() const;
};

/// `python3 -m pytest -q -k "not nested_task" --maxfail=0`: as the source system runs it, but to the last test, also
/// where the project's own options stop at the first failure.
extern const std::vector<std::string> default_test_command;

/// Measures by the software's own tests: test_pass_rate (ratio, higher is better) and test_fail_count (count, lower).
/// Errors count as failures, skipped tests do not count; an incomplete run is an error, never a rate: see
/// read_test_results.
adapter_actor::behavior_type regression_adapter(adapter_actor::stateful_pointer<run_adapter_state> self,
                                                runner_actor runner, std::string name, regression_options options);

} // namespace hive
