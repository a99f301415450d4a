#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace hive::ctl {

/// Accepts PROMPT_ID/FLOW_ID; the node checks the ids.
CLI::Validator valid_agent();

/// The path of an agent's routes.
std::string agent_path(const std::string& agent);

/// Adds a command about one agent.
CLI::App& add_agent_command(CLI::App& group, const char* name, const char* description, std::string& agent);

} // namespace hive::ctl
