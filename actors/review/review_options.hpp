#pragma once

#include "actors/benchmark/reports/test_results.hpp"
#include "actors/defaults.hpp"

#include <caf/error.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// How a node reviews changes. Paths "in the repository" are relative to its root.
struct review_options {
  /// For the checkouts of running reviews; created when missing. What it holds is removed at the start.
  std::filesystem::path directory = "hive-data/reviews";
  /// Test command of requests that name none. Empty: default_test_command with a results file of its own.
  std::vector<std::string> tests;
  std::string results_file; ///< in the checkout, written by `tests`; empty: standard output
  test_format format = test_format::automatic;
  std::vector<std::string> lint;     ///< of requests that name none; empty: none
  std::vector<std::string> guardian; ///< of requests that name none; empty: none
  bool lint_blocks = false;          ///< whether findings of the lint command reject
  /// Added to the minimal environment of all commands.
  std::vector<std::pair<std::string, std::string>> environment;
  std::chrono::milliseconds timeout{defaults::review_command_timeout}; ///< of each command
  bool sandbox = true; ///< false: the commands of changes may do whatever this process may
  /// Files and directories of the machine that commands see at the same place, such as tool chains outside of /usr.
  std::vector<std::filesystem::path> read_only;
  /// Files in the repository whose change needs a person: paths, directories that end in '/', or patterns such as
  /// `*.policy`, whose `*` crosses no '/'.
  std::vector<std::string> protected_paths;
  std::string manifest;             ///< guardrail manifest in the repository; empty: none
  std::filesystem::path public_key; ///< of the manifest; required with it. Not in the repository.
  std::string prompts = "prompts";  ///< folder in the repository with the agents' recipes
  bool strict = true; ///< whether figures that an agent's baseline has and the change lacks make a review inconclusive

  /// ec::invalid; the text begins with the offending key.
  caf::error validate() const;
};

/// Whether `path` is relative and has no part that is empty, `.` or `..`.
bool is_inner_path(const std::string& path);

} // namespace hive
