#pragma once

#include "messages/benchmark.capnp.h"

#include <span>
#include <string>
#include <string_view>

namespace hive {

/// `text` on one line of at most `max_bytes`, for reasons and log lines: valid UTF-8, escape sequences removed, line
/// ends replaced by ` / `, other control characters and invalid bytes by `?`. A longer text keeps only its end.
std::string printable_tail(std::string_view text, size_t max_bytes);

/// How a run ended, for an error's text: the command, its exit status, signal or timeout, and the last lines of its
/// standard error, if any.
std::string describe_run(std::span<const std::string> command, wire::RunResult::Reader result);

/// `text` without colours and cursor movements (ECMA-48 control sequences).
std::string without_escapes(std::string_view text);

} // namespace hive
