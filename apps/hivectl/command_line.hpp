#pragma once

namespace hive::ctl {

/// Reads the command line and the environment, and runs the command that they name. Errors go to standard error.
/// Returns the process's exit status. The process's locale must be set.
int run_command_line(int argc, char** argv);

} // namespace hive::ctl
