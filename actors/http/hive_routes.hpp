#pragma once

#include "actors/hive/federation/api.hpp"
#include "actors/http/route.hpp"
#include "actors/tracker/api.hpp"

namespace hive::http {

/// What a node and its hive say of each other.
std::vector<route> hive_routes(const federation_actor& federation, const publisher_actor& publisher);

} // namespace hive::http
