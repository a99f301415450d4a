#pragma once

#include <CLI/CLI.hpp>

namespace hive::ctl {

// Checks of arguments: what breaks one is wrong usage, and the node is not asked.

/// A version or name, see messages/ids.hpp.
CLI::Validator valid_id();

/// http:// or https:// with a host, without query, fragment, spaces and control characters.
CLI::Validator valid_url();

/// A point in time, see messages/timestamp.hpp; a date alone means its first moment in UTC and is completed so: to be
/// used with `transform`.
CLI::Validator valid_time();

/// A number that is neither NaN, which CLI::Range lets through, nor infinite.
CLI::Validator finite();

/// NAME=VALUE with a name.
CLI::Validator assignment();

/// A file that exists, or "-" for standard input.
CLI::Validator file_or_stdin();

/// "K=V" → {"K", "V"}, cut at the first "=".
std::pair<std::string, std::string> split_assignment(const std::string& text);

} // namespace hive::ctl
