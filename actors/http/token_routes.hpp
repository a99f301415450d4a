#pragma once

#include "actors/http/authorizer.hpp"
#include "actors/http/route.hpp"

#include <memory>
#include <string>
#include <vector>

namespace hive::http {

/// The route that lists the node's tokens. `file` is the configured file of tokens; empty: none.
std::vector<route> token_routes(std::shared_ptr<const authorizer> access, std::string file);

} // namespace hive::http
