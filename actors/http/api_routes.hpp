#pragma once

#include "actors/http/openapi.hpp"
#include "actors/http/route.hpp"

#include <vector>

namespace hive::http {

/// All routes of an API: those of the groups, and that of the OpenAPI document, which describes them all.
std::vector<route> api_routes(std::vector<std::vector<route>> groups, const openapi_info& info);

} // namespace hive::http
