#include "apps/hivectl/format.hpp"

#include "messages/timestamp.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>

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

std::string format_age(int64_t unix_micros, int64_t now_unix_micros) {
  if (unix_micros == 0)
    return "";
  struct unit {
    const char* name;
    int64_t seconds;
  };
  // Months and years are approximate; --json and --wide show exact times.
  constexpr std::array units{unit{"year", 365 * 86'400}, unit{"month", 30 * 86'400}, unit{"day", 86'400},
                             unit{"hour", 3'600},        unit{"minute", 60},         unit{"second", 1}};
  auto seconds = now_unix_micros / micros_per_s - unix_micros / micros_per_s;
  auto amount = seconds < 0 ? -seconds : seconds;
  for (const auto& [name, length] : units)
    if (amount >= length) {
      auto text = fmt::format("{} {}{}", amount / length, name, amount / length == 1 ? "" : "s");
      return seconds < 0 ? "in " + text : text + " ago";
    }
  return "now";
}

std::string format_bytes(uint64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto amount = static_cast<double>(bytes);
  size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < units.size(); ++unit)
    amount /= 1024;
  return fmt::format("{:.{}f} {}", amount, unit == 0 ? 0 : 1, units[unit]);
}

} // namespace hive::ctl
