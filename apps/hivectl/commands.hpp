#pragma once

#include "apps/hivectl/context.hpp"

namespace hive::ctl {

// Each function adds one group of commands, such as `snapshot list`. A new group is one file with such a function,
// declared here and called in hivectl.cpp.

void add_benchmark_commands(CLI::App& app, context& ctx);
void add_snapshot_commands(CLI::App& app, context& ctx);
void add_upgrade_commands(CLI::App& app, context& ctx);
void add_analyze_commands(CLI::App& app, context& ctx);
void add_guardrail_commands(CLI::App& app, context& ctx);
void add_event_commands(CLI::App& app, context& ctx);
void add_research_commands(CLI::App& app, context& ctx);
void add_agent_commands(CLI::App& app, context& ctx);
void add_review_commands(CLI::App& app, context& ctx);
void add_task_commands(CLI::App& app, context& ctx);
void add_tool_commands(CLI::App& app, context& ctx);
void add_hartos_commands(CLI::App& app, context& ctx);
void add_gpu_commands(CLI::App& app, context& ctx);
void add_engine_commands(CLI::App& app, context& ctx);
void add_node_commands(CLI::App& app, context& ctx);
void add_namespace_commands(CLI::App& app, context& ctx);
void add_backup_commands(CLI::App& app, context& ctx);
void add_status_command(CLI::App& app, context& ctx);
/// The command that serves the Model Context Protocol to an agent host.
void add_mcp_command(CLI::App& app, context& ctx);

/// The commands `ready` and `live`, for the probes of a container's runtime.
void add_probe_commands(CLI::App& app, context& ctx);

/// The command that prints or opens the address of the node's dashboard.
void add_dashboard_command(CLI::App& app, context& ctx);

/// The command that lists the changes of all metrics.
void add_changes_command(CLI::App& app, context& ctx);

/// The commands of group `snapshot` for single captures of a version.
void add_capture_commands(CLI::App& snapshot_group, context& ctx);

/// The command of group `snapshot` that shows the history of a metric.
void add_history_command(CLI::App& snapshot_group, context& ctx);

/// The command of group `upgrade` that measures a version against itself.
void add_calibrate_command(CLI::App& upgrade_group, context& ctx);

/// The commands of group `upgrade` about decisions of the hive.
void add_cluster_commands(CLI::App& upgrade_group, context& ctx);

/// The command of group `upgrade` that asks the hive for a decision.
void add_propose_command(CLI::App& upgrade_group, context& ctx);

/// The commands of group `upgrade` about the members that decide.
void add_track_commands(CLI::App& upgrade_group, context& ctx);

/// The commands of group `agent` about the runs that the node counted.
void add_agent_evidence_commands(CLI::App& agent_group, context& ctx);

/// The command of group `gpu` that runs another one under a lease.
void add_gpu_run(CLI::App& gpu_group, context& ctx);

/// The commands of group `node` that ask a node about its hive.
void add_member_commands(CLI::App& node_group, context& ctx);

/// The commands of group `benchmark` about benchmarks from git repositories.
void add_install_commands(CLI::App& benchmark_group, context& ctx);
/// Paired measurements and reference versions.
void add_measure_commands(CLI::App& upgrade_group, context& ctx);
/// Verdict documents: computing them again, and the measurements that they need. Documents of decisions.
void add_document_commands(CLI::App& upgrade_group, context& ctx);

/// Adds to group `benchmark` the command that reads a file of test results; it contacts no node.
void add_result_check(CLI::App& benchmark_group, context& ctx);

/// Adds a group: a command that only holds other commands and shows its help when used alone. `footer` shows examples.
CLI::App& add_group(CLI::App& app, const char* name, const char* description, const char* footer);

/// Sets the body of a command that asks no node. Its errors concern local files, so they never map to "unreachable".
void add_local(context& ctx, CLI::App& command, command_body body,
               context::trailing arguments = context::trailing::refused);

} // namespace hive::ctl
