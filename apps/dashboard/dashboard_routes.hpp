#pragma once

#include "actors/http/route.hpp"
#include "apps/dashboard/asset.hpp"

#include <caf/expected.hpp>
#include <string>
#include <vector>

namespace hive {

/// The number that addresses of the dashboard's files have in them: it differs when any of the files does.
std::string hash_of_assets(std::span<const dashboard_asset> assets);

/// Routes of the dashboard, which need no token: `/` is index.html, in which `{{ui}}` is replaced by the hash, and
/// /ui/HASH/NAME is a file, which browsers may keep for good. Without assets, `/` answers 404 and says why. Fails with
/// ec::corrupt, and with ec::not_found when index.html is missing.
caf::expected<std::vector<http::route>> dashboard_routes(std::span<const dashboard_asset> assets);

} // namespace hive
