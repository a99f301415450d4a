#pragma once

#include <caf/expected.hpp>
#include <stop_token>
#include <string>
#include <vector>

namespace hive::heavy {

struct child_result {
  int status = 0;    ///< exit status; 128 + number when a signal ended it, 127 when it could not be started
  std::string out;   ///< its standard output
  std::string error; ///< the end of its standard error, which is passed on
};

/// Runs a program, found in PATH, to its end. It stays in this process's group, so that whoever ends the group ends it
/// too, and is killed when this process dies. On a stop request it gets SIGTERM and, 2 s later, SIGKILL. Fails with
/// ec::unavailable when there are no descriptors or processes left, or on a stop, and with ec::too_large for more than
/// 1 MiB of output.
caf::expected<child_result> run_child(const std::vector<std::string>& command, const std::stop_token& stop);

} // namespace hive::heavy
