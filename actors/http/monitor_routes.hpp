#pragma once

#include "actors/http/route.hpp"
#include "actors/monitoring/api.hpp"

#include <vector>

namespace hive::http {

std::vector<route> monitor_routes(const monitor_actor& monitor);

} // namespace hive::http
