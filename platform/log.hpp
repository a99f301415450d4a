#pragma once

#include <cstdint>
#include <fmt/core.h>
#include <string>
#include <string_view>

/// The log of this process. Everybody writes through these functions; spdlog stands behind them, and is included by
/// platform/log.cpp alone, since its headers take seconds to compile. Before `start` lines go to the standard output.
namespace hive::log {

enum class level : uint8_t { debug, info, warning, error, critical };

/// Sends lines to the standard error from now on, from a level on that is given by its name: trace, debug, info,
/// warning, error or critical.
void start(const std::string& program, const std::string& least);

bool is_enabled(level of);

/// Writes one line. Control characters in it are the caller's concern: see `printable` for what strangers send.
void write(level of, std::string_view line);

/// The same for a text that is formatted as by fmt::format; only when the level is enabled.
void write(level of, fmt::string_view text, fmt::format_args args);

template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
  write(level::debug, text, fmt::make_format_args(args...));
}

template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  write(level::info, text, fmt::make_format_args(args...));
}

template <class... Args>
void warn(fmt::format_string<Args...> text, Args&&... args) {
  write(level::warning, text, fmt::make_format_args(args...));
}

template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
  write(level::error, text, fmt::make_format_args(args...));
}

template <class... Args>
void critical(fmt::format_string<Args...> text, Args&&... args) {
  write(level::critical, text, fmt::make_format_args(args...));
}

/// Waits until all lines are written.
void flush();

} // namespace hive::log
