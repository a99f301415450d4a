#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

struct hartos_import_options {
  std::string directory; ///< HART OS's root or its agent_data
  std::string source;    ///< name under which the node remembers the database's rows; empty: derived from its content
  bool append = false;   ///< stores baselines whose number is taken by another one under the next free number
};

/// Imports a HART OS installation's measurements into the node: task records, its peers' tools, snapshots, agents'
/// baselines. Content that the node already has is not added again, even with concurrent imports. Unusable items are
/// skipped and reported, and the result is then exit_status::refused.
outcome import_hartos(session& s, const hartos_import_options& options);

} // namespace hive::ctl
