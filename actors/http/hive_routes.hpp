#pragma once

#include "actors/http/route.hpp"
#include "actors/interfaces.hpp"

namespace hive::http {

/// What the node knows of the hive.
std::vector<route> hive_routes(const roster_actor& roster);

} // namespace hive::http
