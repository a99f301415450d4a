#pragma once

#include <functional>
#include <string>
#include <vector>

namespace hive::test {

/// How to run a program.
struct program {
  std::vector<std::string> command;     ///< path and arguments
  std::vector<std::string> environment; ///< the complete environment, as "NAME=VALUE"
  std::string input;                    ///< its standard input
  bool terminal = false;                ///< whether its standard error is a terminal
  /// Called whenever output arrives, with everything printed so far to that stream.
  std::function<void(const std::string&)> on_output;
  std::function<void(const std::string&)> on_error_output;
  /// Called with the process id once the program runs.
  std::function<void(int)> on_start;
};

struct program_result {
  int status = -1; ///< exit status; -1 when a signal ended it
  std::string out;
  std::string err;
};

/// Runs the program to its end. Throws std::system_error when it cannot be started.
program_result run_program(const program& what);

} // namespace hive::test
