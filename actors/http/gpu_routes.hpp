#pragma once

#include "actors/gpu/api.hpp"
#include "actors/http/route.hpp"

namespace hive::http {

/// Routes of the GPUs and their leases. A lease is held by the name of the request's token or, where there is none, by
/// who the request says, or else by `operator`. What proves who holds it, its token and its key, is only in answers to
/// requests that show one of them.
std::vector<route> gpu_routes(const gpu_scheduler_actor& scheduler);

} // namespace hive::http
