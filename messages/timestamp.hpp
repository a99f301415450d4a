#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// The last microsecond of the year 9999, the latest time that ISO-8601's four digits can say.
inline constexpr int64_t max_unix_micros = 253'402'300'799'999'999;

/// Microseconds since 1970 in UTC → `2026-02-24T12:00:00.000000Z`; the fraction is left out when it is zero. Times
/// outside 1970 to 9999 are written as the nearest one inside.
std::string format_iso8601(int64_t unix_micros);

/// The reverse. Reads a fraction of up to nine digits (cut to microseconds) and the offset `Z`, `±hh:mm` or none,
/// which means UTC as in HART OS's files. Years 1970 to 9999.
std::optional<int64_t> parse_iso8601(std::string_view text);

/// The wall clock now, in microseconds since 1970. For showing to people, never for ordering.
int64_t now_unix_micros();

} // namespace hive
