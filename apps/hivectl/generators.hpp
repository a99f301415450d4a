#pragma once

#include <CLI/CLI.hpp>
#include <optional>

namespace hive::ctl {

/// Runs the hidden commands that print what is generated from the command line `app`, which has all commands:
///   hivectl __complete WORD...   candidates for the last word, one a line: "TEXT<tab>DESCRIPTION"; or ":files" or
///                                ":directories". Says nothing of errors: it runs while somebody types.
///   hivectl __man                the names of all manual pages
///   hivectl __man PAGE           a manual page
/// Returns the exit status, or nothing when the arguments name none of them.
std::optional<int> run_generator(int argc, char** argv, const CLI::App& app);

} // namespace hive::ctl
