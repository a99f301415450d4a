#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

struct hartos_export_options {
  std::string directory; ///< HART OS's root or its agent_data; made where it is missing
  bool force = false;    ///< replace a database and snapshot files that are there
};

/// Writes what the node has measured as HART OS keeps it: the task records that it still has, the best tools of the
/// other nodes, the snapshots. ec::already_exists for a file that is there and differs.
outcome export_hartos(session& s, const hartos_export_options& options);

} // namespace hive::ctl
