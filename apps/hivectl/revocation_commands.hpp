#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

/// Adds the commands of group `node` about certificates that a CA has issued and takes back.
void add_revocation_commands(CLI::App& node_group, context& ctx);

} // namespace hive::ctl
