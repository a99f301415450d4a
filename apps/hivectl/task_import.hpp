#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

struct task_import_options {
  std::string file;   ///< NDJSON; "-" for standard input
  std::string source; ///< if given, the node takes each line once under this name; empty: lines are always taken
};

/// Sends a file's lines to the node in batches. Invalid lines are reported by line number, the others are recorded; the
/// result is then exit_status::refused.
outcome import_tasks(session& s, const task_import_options& options);

} // namespace hive::ctl
