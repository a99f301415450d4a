#pragma once

#include "actors/http/route.hpp"
#include "actors/upgrade/cluster/api.hpp"

#include <vector>

namespace hive::http {

/// Routes of the upgrades that the hive decides.
std::vector<route> cluster_upgrade_routes(const cluster_gate_actor& gate);

} // namespace hive::http
