#pragma once

#include <functional>
#include <string>
#include <vector>

namespace hive::test {

/// How to run a program.
struct program {
  std::vector<std::string> command;     ///< path and arguments
  std::vector<std::string> environment; ///< "NAME=VALUE", and nothing else
  std::string input;                    ///< its standard input
  bool terminal = false;                ///< whether its standard error is a terminal
  /// Called with all of its standard output or error so far whenever more of that arrives.
  std::function<void(const std::string&)> on_output;
  std::function<void(const std::string&)> on_error_output;
  /// Called with its process id once it runs.
  std::function<void(int)> on_start;
};

struct program_result {
  int status = -1; ///< as given to exit(); -1 when a signal ended it
  std::string out;
  std::string err;
};

/// Runs it to its end. Throws std::system_error when it cannot be started.
program_result run_program(const program& what);

} // namespace hive::test
