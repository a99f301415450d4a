#pragma once

#include "apps/hived/config.hpp"

#include <optional>

namespace hive {

struct command_line_result {
  std::optional<node_config> config; ///< empty: end with `exit_status`, everything has been said
  int exit_status = 0;
};

/// Reads command line, environment and configuration file. Help and version go to standard output, what is wrong to
/// standard error with exit status 64.
command_line_result parse_command_line(int argc, char** argv);

} // namespace hive
