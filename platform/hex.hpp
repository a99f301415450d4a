#pragma once

#include <span>
#include <string>
#include <string_view>

namespace hive {

/// Two lower-case hex digits per byte.
std::string to_hex(std::span<const unsigned char> bytes);

/// Fills `out` from exactly two lower-case hex digits per byte. One spelling per value, so that a text that was
/// compared or signed cannot be spelled differently.
bool from_hex(std::string_view text, std::span<unsigned char> out);

} // namespace hive
