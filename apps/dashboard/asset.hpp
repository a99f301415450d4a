#pragma once

#include <span>
#include <string_view>

namespace hive {

/// A file of the dashboard.
struct dashboard_asset {
  std::string_view name; ///< with its folder, if it is in one: `pages/agents.js`
  std::string_view gzip; ///< its compressed content
};

/// The files that this program was built with; none when it was built without the dashboard.
std::span<const dashboard_asset> embedded_assets();

} // namespace hive
