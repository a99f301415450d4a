#pragma once

#include <CLI/CLI.hpp>
#include <stdexcept>

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

/// A path on the command line that names nothing which can be used. It is not the usage that is wrong, so this is no
/// CLI::ParseError: it ends hivectl with exit_status::file_failed.
class path_error : public std::runtime_error {
public:
  using runtime_error::runtime_error;
};

// These three throw path_error.

/// A file that exists.
CLI::Validator existing_file();

/// A directory that exists.
CLI::Validator existing_directory();

/// A file that exists, or "-" for standard input.
CLI::Validator file_or_stdin();

/// "K=V" → {"K", "V"}, cut at the first "=".
std::pair<std::string, std::string> split_assignment(const std::string& text);

} // namespace hive::ctl
