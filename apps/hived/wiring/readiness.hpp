#pragma once

#include "apps/hived/wiring/node_context.hpp"

#include <string>

namespace hive {

/// Why the node is not ready to accept requests and to store their data; empty when it is. Any thread.
std::string why_not_ready(const node_context& node);

} // namespace hive
