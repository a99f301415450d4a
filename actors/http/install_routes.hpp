#pragma once

#include "actors/benchmark/install/api.hpp"
#include "actors/http/route.hpp"

#include <vector>

namespace hive::http {

/// Routes of benchmarks that are installed from git. DELETE /benchmarks/{name} of the registry removes them.
std::vector<route> install_routes(const installer_actor& installer);

} // namespace hive::http
