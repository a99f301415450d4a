#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

struct task_import_options {
  std::string file;   ///< NDJSON; "-" for standard input
  std::string source; ///< under which its lines are taken once; empty: whenever they come
};

/// Sends a file's lines to the node in batches. Lines that cannot be records are named by their numbers in the file,
/// the others are recorded; then it ends with exit_status::refused.
outcome import_tasks(session& s, const task_import_options& options);

} // namespace hive::ctl
