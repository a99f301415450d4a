#include "apps/hivectl/format.hpp"

#include "messages/timestamp.hpp"

#include <cmath>
#include <spdlog/fmt/fmt.h>

namespace hive::ctl {

std::string format_number(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.6g}", value);
}

std::string format_percent(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:+.2f}%", value);
}

std::string format_seconds(double value) {
  return fmt::format("{:.3f}", value);
}

std::string format_yes_no(bool value) {
  return value ? "yes" : "no";
}

std::string format_time(int64_t unix_micros) {
  return unix_micros == 0 ? "" : format_iso8601(unix_micros);
}

} // namespace hive::ctl
