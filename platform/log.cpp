#include "platform/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace hive::log {
namespace {

spdlog::level::level_enum to_spdlog(level of) {
  switch (of) {
  case level::debug:
    return spdlog::level::debug;
  case level::info:
    return spdlog::level::info;
  case level::warning:
    return spdlog::level::warn;
  case level::error:
    return spdlog::level::err;
  case level::critical:
    return spdlog::level::critical;
  }
  return spdlog::level::critical;
}

} // namespace

void start(const std::string& program, const std::string& least) {
  auto log = spdlog::stderr_color_mt(program);
  log->set_level(spdlog::level::from_str(least));
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  spdlog::set_default_logger(std::move(log));
}

bool is_enabled(level of) {
  return spdlog::should_log(to_spdlog(of));
}

void write(level of, std::string_view line) {
  spdlog::log(to_spdlog(of), spdlog::string_view_t{line.data(), line.size()});
}

void write(level of, fmt::string_view text, fmt::format_args args) {
  if (is_enabled(of))
    write(of, fmt::vformat(text, args));
}

void flush() {
  spdlog::default_logger()->flush();
}

} // namespace hive::log
