#pragma once

#include "actors/http/route.hpp"
#include "actors/namespaces/api.hpp"

#include <string>
#include <vector>

namespace hive::http {

/// The header by which a request names a namespace.
inline constexpr std::string_view namespace_header = "Hivemark-Namespace";

/// Routes about the namespaces themselves.
std::vector<route> namespace_routes(const namespaces_actor& namespaces);

/// Runs the request by the route of a namespace, in place of the node's own. A request that may write, by its method,
/// begins a namespace that does not exist.
void run_in_namespace(const namespaces_actor& namespaces, const std::string& id, const exchange_ptr& incoming);

} // namespace hive::http
