#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

// Each adds one group of commands, such as `snapshot list`. A new group is one file with such a function, declared
// here and called in hivectl.cpp.

void add_benchmark_commands(CLI::App& app, context& ctx);
void add_snapshot_commands(CLI::App& app, context& ctx);
void add_upgrade_commands(CLI::App& app, context& ctx);
void add_guardrail_commands(CLI::App& app, context& ctx);
void add_event_commands(CLI::App& app, context& ctx);
void add_research_commands(CLI::App& app, context& ctx);
void add_task_commands(CLI::App& app, context& ctx);
void add_tool_commands(CLI::App& app, context& ctx);
void add_hartos_commands(CLI::App& app, context& ctx);
void add_node_commands(CLI::App& app, context& ctx);
void add_status_command(CLI::App& app, context& ctx);

/// The part of group `snapshot` that is about single captures of a version.
void add_capture_commands(CLI::App& snapshot_group, context& ctx);

/// The part of group `node` that asks a node about its hive.
void add_member_commands(CLI::App& node_group, context& ctx);

/// The part of group `benchmark` that reads a file of test results; it asks no node.
void add_result_check(CLI::App& benchmark_group, context& ctx);

/// A group: a command that only holds others; alone it shows its help. `footer` shows examples.
CLI::App& add_group(CLI::App& app, const char* name, const char* description, const char* footer);

/// Makes `body` what runs for a command that asks no node: an error is the files' fault, so it never ends as if a node
/// could not be reached.
void add_local(context& ctx, CLI::App& command, command_body body,
               context::trailing arguments = context::trailing::refused);

} // namespace hive::ctl
