#pragma once

#include "apps/hivectl/cluster_upgrade_view.hpp"
#include "apps/hivectl/context.hpp"

#include <optional>

namespace hive::ctl {

struct upgrade_wait_options {
  upgrade_goal goal = upgrade_goal::decision;
  bool is_held_enough = true;
  std::optional<double> timeout_s; ///< nothing: no limit
};

/// Follows a proposal until its goal, tells on standard error what happens meanwhile, and prints it as the answer. The
/// status is what became of it; exit_status::inconclusive when the time is over. A signal ends the wait alone, with the
/// status that shells give it.
outcome wait_for_upgrade(session& s, msg<wire::ClusterUpgrade> upgrade, const upgrade_wait_options& options);

} // namespace hive::ctl
