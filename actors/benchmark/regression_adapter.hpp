#pragma once

#include "actors/benchmark/reports/test_command.hpp"
#include "actors/benchmark/reports/test_results.hpp"
#include "actors/benchmark/run_adapter.hpp"
#include "actors/remote/api.hpp"

namespace hive {

/// Which tests the regression adapter runs, and how it reads their results.
struct regression_options {
  /// Program and arguments. Empty: default_test_command, if there is a workdir. Its results come from a JUnit file in a
  /// private directory of the node, whatever the project configures for pytest's output.
  std::vector<std::string> command;
  std::string workdir; ///< a checkout of the software under test; empty: the node's working directory
  std::vector<std::pair<std::string, std::string>> environment; ///< added to a minimal environment
  std::chrono::milliseconds timeout{defaults::adapter_timeout}; ///< for a measurement with all its repeats
  test_format format = test_format::automatic;
  /// A file written by the command (JUnit XML, TAP or `go test -json`), relative to the workdir; empty: results come
  /// from standard output. Removed before each run, so that a run without results is not judged by an old file.
  std::string results_file;

  /// Why there is nothing to test, in which case the adapter skips; empty when there is something.
  std::string unavailable_reason() const;

  /// ec::invalid, naming the offending option.
  caf::error validate() const;
};

/// Spawns adapter `regression`, which runs the software's own tests. Metrics: test_pass_rate (ratio, higher is better)
/// and test_fail_count (count, lower is better). Errors count as failures; skipped tests do not count. An incomplete
/// run is an error, never a rate: see read_test_results.
adapter_actor spawn_regression_adapter(caf::actor_system& system, run_adapter_services services,
                                       regression_options options);

} // namespace hive
