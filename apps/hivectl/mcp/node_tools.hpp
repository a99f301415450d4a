#pragma once

#include "apps/hivectl/mcp/tool.hpp"

namespace hive::ctl::mcp {

/// The tools that record, ask and measure. Those of leases are in lease_tools.hpp.
std::vector<tool> node_tools();

} // namespace hive::ctl::mcp
