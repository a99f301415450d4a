#pragma once

#include "apps/hivectl/context.hpp"

#include <string>

namespace hive::ctl {

/// Adds the commands `help` and `version`, and adds the global options to every --help. Call it after adding all other
/// commands.
void add_help(CLI::App& app, context& ctx);

/// The help of the last command or group on the command line.
std::string help_of_named(const CLI::App& app);

/// Explains a usage error in one sentence: the place, the likely meaning of a typo, and how to get help.
std::string describe_usage(const CLI::ParseError& wrong, const CLI::App& app);

} // namespace hive::ctl
