#pragma once

#include <CLI/CLI.hpp>
#include <stdexcept>

namespace hive::ctl {

// Validators for arguments. A violation is a usage error; the node is not asked.

/// An id or version, see messages/ids.hpp.
CLI::Validator valid_id();

/// http:// or https:// with a host; no query, fragment, spaces or control characters.
CLI::Validator valid_url();

/// A time, see messages/timestamp.hpp. A date alone is completed to its first moment in UTC, so use it with
/// `transform`.
CLI::Validator valid_time();

/// A finite number; CLI::Range alone accepts NaN.
CLI::Validator finite();

/// NAME=VALUE with a non-empty name.
CLI::Validator assignment();

/// A path argument that names nothing usable. Not a usage error and therefore not a CLI::ParseError: it ends hivectl
/// with exit_status::file_failed.
class path_error : public std::runtime_error {
public:
  using runtime_error::runtime_error;
};

// The following validators throw path_error.

/// A file that exists.
CLI::Validator existing_file();

/// A directory that exists.
CLI::Validator existing_directory();

/// A file that exists, or "-" for standard input.
CLI::Validator file_or_stdin();

/// "K=V" → {"K", "V"}, split at the first "=".
std::pair<std::string, std::string> split_assignment(const std::string& text);

} // namespace hive::ctl
