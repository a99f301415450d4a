#pragma once

#include "actors/history/api.hpp"
#include "actors/http/route.hpp"

#include <vector>

namespace hive::http {

/// Routes of the history of metrics.
std::vector<route> history_routes(const historian_actor& historian);

} // namespace hive::http
