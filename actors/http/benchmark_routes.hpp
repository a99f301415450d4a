#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/http/route.hpp"

#include <vector>

namespace hive::http {

/// Routes of adapters, snapshots and results.
std::vector<route> benchmark_routes(const registry_actor& registry);

/// Routes of workers, processes that measure for the node.
std::vector<route> worker_routes(const registry_actor& registry, const worker_pool_actor& workers);

/// Routes by which engines send what the fast adapters measure.
std::vector<route> input_routes(const inputs_actor& inputs);

} // namespace hive::http
