#pragma once

#include "apps/hived/config.hpp"

#include <optional>

namespace hive {

struct command_line_result {
  std::optional<node_config> config; ///< empty: exit with `exit_status`; all output has been printed
  int exit_status = 0;
};

/// Reads command line, environment and configuration file. Help and version go to standard output, errors to standard
/// error with exit status 64.
command_line_result parse_command_line(int argc, char** argv);

} // namespace hive
