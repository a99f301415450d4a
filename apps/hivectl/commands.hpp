#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

// Each adds one group of commands, such as `snapshot list`. A new group is one file with such a function, declared
// here and called in hivectl.cpp.

void add_benchmark_commands(CLI::App& app, context& ctx);
void add_snapshot_commands(CLI::App& app, context& ctx);
void add_upgrade_commands(CLI::App& app, context& ctx);
void add_guardrail_commands(CLI::App& app, context& ctx);
void add_research_commands(CLI::App& app, context& ctx);
void add_task_commands(CLI::App& app, context& ctx);
void add_tool_commands(CLI::App& app, context& ctx);
void add_hartos_commands(CLI::App& app, context& ctx);

/// A group: a command that only holds others, exactly one of which must be given. `footer` shows examples.
CLI::App& add_group(CLI::App& app, const char* name, const char* description, const char* footer);

} // namespace hive::ctl
