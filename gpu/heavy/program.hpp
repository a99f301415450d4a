#pragma once

#include "gpu/heavy/result.hpp"

#include <caf/expected.hpp>
#include <functional>
#include <stop_token>
#include <string>

namespace hive::heavy {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 64;    ///< EX_USAGE
inline constexpr int exit_stopped = 143; ///< as a shell reports an end by SIGTERM

/// Runs `measure` and prints its result, one JSON object, on standard output. Prints nothing there when it fails or is
/// stopped: the reason goes to standard error. SIGTERM and SIGINT request a stop; a second one ends the process
/// immediately. Returns the exit status. Call it before the process has other threads.
int run_program(const std::string& name, const std::function<caf::expected<result>(std::stop_token)>& measure);

/// A line on standard error.
void say(const std::string& line);

} // namespace hive::heavy
