#pragma once

#include "actors/baseline/api.hpp"
#include "actors/http/route.hpp"
#include "actors/tracker/api.hpp"

#include <vector>

namespace hive::http {

/// The route to which exporters of OpenTelemetry send spans. It is at the root, where they append it.
std::vector<route> otlp_routes(const baselines_actor& baselines, const tracker_actor& tracker);

} // namespace hive::http
