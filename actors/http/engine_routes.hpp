#pragma once

#include "actors/engines/api.hpp"
#include "actors/http/route.hpp"

namespace hive::http {

/// The routes of engines: what they spawn over HTTP, and which there are.
std::vector<route> engine_routes(const http_engines_actor& engines);

} // namespace hive::http
