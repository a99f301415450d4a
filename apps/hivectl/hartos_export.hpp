#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

struct hartos_export_options {
  std::string directory; ///< HART OS's root or its agent_data; created if missing
  bool force = false;    ///< replace an existing database, snapshot and baseline files
};

/// Exports the node's measurements in HART OS's format: stored task records, the other nodes' best tools, snapshots,
/// agents' baselines. ec::already_exists when a different file exists.
outcome export_hartos(session& s, const hartos_export_options& options);

} // namespace hive::ctl
