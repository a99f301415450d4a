#pragma once

#include "actors/benchmark/install/api.hpp"
#include "actors/engines/api.hpp"
#include "actors/http/route.hpp"

#include <vector>

namespace hive::http {

/// Routes of benchmarks that are installed from git. DELETE /benchmarks/{name} of the registry removes them.
/// The placer installs here or on another node; the installer knows what is on this one.
std::vector<route> install_routes(const install_placer_actor& placer, const installer_actor& installer);

} // namespace hive::http
