#pragma once

#include "actors/hive/federation/api.hpp"
#include "actors/http/route.hpp"
#include "actors/tracker/api.hpp"

namespace hive::http {

/// Routes about a node and its hive.
std::vector<route> hive_routes(const federation_actor& federation, const publisher_actor& publisher);

} // namespace hive::http
