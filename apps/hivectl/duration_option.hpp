#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace hive::ctl {

/// An option for a duration such as 90, 1.5h or 20m, in seconds.
CLI::Option& add_duration_option(CLI::App& command, const std::string& name, double& seconds,
                                 const std::string& description);

/// The seconds of such a duration; nothing for any other text.
std::optional<double> parse_duration(std::string text);

} // namespace hive::ctl
