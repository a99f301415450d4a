#pragma once

// internal: conventions shared by the JSON reader and writer.

#include <cstdint>

namespace hive::detail {

/// Many JSON readers hold numbers as doubles and lose digits beyond this; larger integers are encoded as strings.
inline constexpr int64_t max_exact_json_integer = int64_t{1} << 53;

} // namespace hive::detail
