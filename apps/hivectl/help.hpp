#pragma once

#include "apps/hivectl/context.hpp"

#include <string>

namespace hive::ctl {

/// Adds the commands `help` and `version`, and makes every --help show the global options too. To be called when all
/// other commands are there.
void add_help(CLI::App& app, context& ctx);

/// The help of the command that was named last on the command line: of a group when none of its commands was.
std::string help_of_named(const CLI::App& app);

/// What is wrong with a command line, in one sentence that names the place, the likely meaning of a typo and the way to
/// the help.
std::string describe_usage(const CLI::ParseError& wrong, const CLI::App& app);

} // namespace hive::ctl
