#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

struct hartos_import_options {
  std::string directory; ///< HART OS's root or its agent_data
  std::string source;    ///< under which the node remembers the database's rows; empty: told from its content
};

/// Brings what a HART OS has measured into the node: its task records, what it knows of its peers' tools, and its
/// snapshots. What the node has already is not added again, whoever else imports at the same time. What cannot be taken
/// is left out and told, and then it ends with exit_status::refused.
outcome import_hartos(session& s, const hartos_import_options& options);

} // namespace hive::ctl
