#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace hive {

// Reads CLI11's tree of commands and options, for what is generated from it: completion and manual pages. Hidden
// commands and options, which have an empty group, are left out.

/// The commands of a command, in the order in which they were added. Excludes option groups, which CLI11 treats as
/// commands without a name.
std::vector<const CLI::App*> commands_of(const CLI::App& command);

/// The command's own options and positional arguments, also those in its option groups, in the order in which they were
/// added.
std::vector<const CLI::Option*> options_of(const CLI::App& command);

/// The positional arguments alone.
std::vector<const CLI::Option*> positionals_of(const CLI::App& command);

/// "--name" or "-n" for all names of an option; none for a positional argument.
std::vector<std::string> names_of(const CLI::Option& option);

/// Whether a value follows the option; false for a flag.
bool takes_value(const CLI::Option& option);

/// The values that a CLI::IsMember allows; none for other options.
std::vector<std::string> choices_of(const CLI::Option& option);

/// What stands for the option's value in a text: "FILE", or "fast|heavy" for choices.
std::string value_name(const CLI::Option& option);

/// The full command, such as "hivectl snapshot capture".
std::string command_path(const CLI::App& command);

} // namespace hive
