#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

inline constexpr int64_t micros_per_s = 1'000'000;

/// The last microsecond of the year 9999, the latest time that fits ISO-8601's four-digit year.
inline constexpr int64_t max_unix_micros = 253'402'300'799'999'999;

/// Formats microseconds since 1970 UTC as `2026-02-24T12:00:00.000000Z`, without the fraction when it is zero. Times
/// outside 1970 to 9999 are clamped.
std::string format_iso8601(int64_t unix_micros);

/// Parses an ISO-8601 time in the years 1970 to 9999. The fraction has up to nine digits and is truncated to
/// microseconds. The offset is `Z`, `±hh:mm` or absent; absent means UTC, as in HART OS's files.
std::optional<int64_t> parse_iso8601(std::string_view text);

/// Wall clock time in microseconds since 1970. For display only, never for ordering.
int64_t now_unix_micros();

} // namespace hive
