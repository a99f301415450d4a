#pragma once

#include <cstdint>
#include <fmt/core.h>
#include <string>
#include <string_view>

/// The process's log. All code logs through these functions. Only platform/log.cpp includes spdlog, whose headers take
/// seconds to compile. Lines go to standard output until `start` is called.
namespace hive::log {

enum class level : uint8_t { debug, info, warning, error, critical };

/// Redirects lines to standard error and sets the minimum level: trace, debug, info, warning, error or critical.
void start(const std::string& program, const std::string& least);

bool is_enabled(level of);

/// Writes one line. Callers escape control characters in untrusted text (`printable`).
void write(level of, std::string_view line);

/// Formats like fmt::format, and only when the level is enabled.
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
