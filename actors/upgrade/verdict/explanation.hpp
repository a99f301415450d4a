#pragma once

#include "messages/upgrade.capnp.h"

#include <string>
#include <vector>

namespace hive {

/// The reasoning behind a verdict in sentences with its numbers, fit for a comment on a change: the verdict, what
/// decided it, what weakens it, and what would have to be true for the other answer. Of many metrics it tells the
/// first.
std::vector<std::string> explain(wire::UpgradeCheck::Reader check);

} // namespace hive
