#pragma once

#include "apps/hivectl/mcp/held_leases.hpp"
#include "apps/hivectl/mcp/tool.hpp"

namespace hive::ctl::mcp {

/// The tools that take, keep and end leases of GPU memory. `leases` must outlive them.
std::vector<tool> lease_tools(held_leases& leases);

} // namespace hive::ctl::mcp
