#pragma once

#include "actors/http/route.hpp"
#include "actors/tracker/api.hpp"

namespace hive::http {

/// Routes of the coding tracker: /tasks and /tools.
std::vector<route> task_routes(const tracker_actor& tracker);

} // namespace hive::http
