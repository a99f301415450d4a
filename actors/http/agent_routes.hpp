#pragma once

#include "actors/baseline/api.hpp"
#include "actors/http/route.hpp"

#include <vector>

namespace hive::http {

/// Routes about agents and their baselines.
std::vector<route> agent_routes(const baselines_actor& baselines);

} // namespace hive::http
