#pragma once

#include "actors/benchmark/reports/test_results.hpp"
#include "actors/review/review_options.hpp"
#include "actors/review/rules/verdict.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/review.capnp.h"

#include <caf/expected.hpp>
#include <filesystem>
#include <string>
#include <vector>

/// The commands of a review: how the runner starts them, and what their results mean.
namespace hive::review {

/// What a review runs, after the request's own values and the node's were combined.
struct review_commands {
  std::vector<std::string> tests;
  bool own_results = false; ///< whether `tests` is the default command, whose results file the node places
  std::string results_file; ///< in the checkout; empty: standard output, unless `own_results`
  test_format format = test_format::automatic;
  std::vector<std::string> lint;     ///< empty: none
  std::vector<std::string> guardian; ///< empty: none
  double timeout_s = 0;

  /// ec::invalid, naming the request's field.
  static caf::expected<review_commands> of(wire::StartReview::Reader request, const review_options& options);
};

/// Where commands run.
struct workplace {
  std::filesystem::path checkout; ///< writable
  std::filesystem::path results;  ///< writable directory for the default test command's results
};

/// The request to the runner for one command. In a sandbox the checkout is /src.
msg<wire::RunCommand> run_request(const std::vector<std::string>& command, const workplace& at,
                                  const review_options& options, double timeout_s, size_t output_cap_bytes);

/// The same for the tests.
msg<wire::RunCommand> test_request(const review_commands& commands, const workplace& at, const review_options& options);

/// Why a command did not run to its own end, or nothing: it could not be started, was ended at its time limit, or
/// crashed.
caf::error refuse_unfinished(const std::vector<std::string>& command, wire::RunResult::Reader result, bool sandboxed);

/// Result of a lint or guardian command that was configured; `result` is the runner's answer.
check_result read_check(const std::vector<std::string>& command, const caf::expected<msg<wire::RunResult>>& result,
                        bool sandboxed);

/// One run of a test command.
struct test_run_result {
  test_results results;
  test_run_facts facts;
};

/// Reads the results of a test command. Files are read from `at` without following links out of it. Blocks. Fails like
/// read_test_results, and when the command could not run to its end.
caf::expected<test_run_result> read_tests(const review_commands& commands, const workplace& at,
                                          wire::RunResult::Reader result, bool sandboxed);

/// Names a tree's tests under this command: hex of a SHA-256.
std::string base_key(const std::string& tree, const review_commands& commands, const review_options& options);

} // namespace hive::review
