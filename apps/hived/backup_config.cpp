#include "apps/hived/backup_config.hpp"

#include "apps/hived/config_values.hpp"

#include <charconv>
#include <optional>
#include <string>

namespace hive {
namespace {

constexpr uint64_t min_every_s = 60;
constexpr uint64_t max_every_s = uint64_t{366} * 86'400;

uint64_t seconds_of_unit(std::string_view unit) {
  return unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3'600 : unit == "d" ? 86'400 : 0;
}

/// The seconds of a duration such as 24h.
std::optional<uint64_t> parse_duration(std::string_view text) {
  uint64_t count = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  auto unit = seconds_of_unit(text.substr(static_cast<size_t>(end - text.data())));
  if (failed != std::errc{} || unit == 0 || count > max_every_s / unit)
    return std::nullopt;
  return count * unit;
}

void read_every(toml_section& in, backup_config& out) {
  std::string text;
  in.read("every", text);
  if (text.empty())
    return;
  auto seconds = parse_duration(text);
  if (!seconds || *seconds < min_every_s)
    in.refuse("every", "must be a duration from 1m to 366d, such as \"24h\"");
  if (out.options.directory.empty())
    in.refuse("every", "has no effect without directory");
  out.every = std::chrono::seconds{*seconds};
}

} // namespace

void read_backup(toml_section& in, backup_config& out) {
  constexpr uint64_t max_mib = uint64_t{1} << 20;
  uint64_t rate_mib = out.options.rate_bytes >> 20;
  uint64_t min_free_mib = out.options.min_free_bytes >> 20;
  read_path(in, "directory", out.options.directory);
  if (in.has("directory") && !out.options.directory.is_absolute())
    in.refuse("directory", "must be an absolute path");
  in.read("rate_mib", rate_mib, 0, max_mib);
  in.read("min_free_mib", min_free_mib, 16, max_mib);
  out.options.rate_bytes = rate_mib << 20;
  out.options.min_free_bytes = min_free_mib << 20;
  read_every(in, out);
}

} // namespace hive
