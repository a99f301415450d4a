#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

// Who may use a node, and who operated it; see commands.hpp.

void add_token_commands(CLI::App& app, context& ctx);
void add_audit_commands(CLI::App& app, context& ctx);

} // namespace hive::ctl
