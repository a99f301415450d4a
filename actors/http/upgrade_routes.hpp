#pragma once

#include "actors/http/route.hpp"
#include "actors/upgrade/api.hpp"

#include <vector>

namespace hive::http {

/// Who answers questions about upgrades.
struct upgrade_services {
  upgrade_checker_actor checker;
  upgrade_measurer_actor measurer;
  reference_keeper_actor references;
};

/// Routes of verdicts, paired measurements and reference versions.
std::vector<route> upgrade_routes(const upgrade_services& services);

} // namespace hive::http
