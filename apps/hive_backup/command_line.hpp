#pragma once

namespace hive::backup {

/// Runs hive-backup. Returns its exit status, which is as hivectl's.
int run_command_line(int argc, char** argv);

} // namespace hive::backup
