#pragma once

#include "actors/http/route.hpp"
#include "actors/tracker/api.hpp"

namespace hive::http {

/// The routes of AutoResearch.
std::vector<route> research_routes(const research_actor& research);

} // namespace hive::http
