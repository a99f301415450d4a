#pragma once

#include "actors/http/route.hpp"
#include "actors/review/api.hpp"

namespace hive::http {

/// Routes of the reviews of changes.
std::vector<route> review_routes(const reviewer_actor& reviewer);

} // namespace hive::http
