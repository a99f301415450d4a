#pragma once

// Whether one version may replace another.

#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct UpgradeCheck;
struct UpgradeQuery;
} // namespace hive::wire

namespace hive {

/// Compares two versions on this node.
using upgrade_checker_actor = caf::typed_actor<
  // Judges whether `new` may replace `old`, from the stored snapshots.
  caf::replies_to<msg<wire::UpgradeQuery>>::with<msg<wire::UpgradeCheck>>>;

} // namespace hive
