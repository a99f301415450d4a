#pragma once

#include "actors/benchmark/reports/test_results.hpp"
#include "messages/benchmark.capnp.h"

#include <functional>

namespace hive {

/// `python3 -m pytest -q -k "not nested_task" --maxfail=0`: as in HART OS, but runs all tests even if the project's
/// options stop at the first failure.
extern const std::vector<std::string> default_test_command;

/// How a test command that the runner ran ended, with its output; views into `result`.
test_run run_of(wire::RunResult::Reader result);

/// Reads the results of a test command that writes a results file, which `read_file` returns. If there is no file
/// although the command ended by itself, the error says why, as far as `run` tells. Fails like read_test_results.
caf::expected<test_results> read_file_results(test_run run, test_format format,
                                              const std::function<caf::expected<std::string>()>& read_file);

} // namespace hive
