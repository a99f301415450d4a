#pragma once

#include <span>
#include <string>
#include <string_view>

namespace hive {

/// Two lower-case hex digits per byte.
std::string to_hex(std::span<const unsigned char> bytes);

/// Decodes exactly two lower-case hex digits per byte into `out`. Upper case is rejected, so that every value has one
/// spelling and signed texts cannot be respelled.
bool from_hex(std::string_view text, std::span<unsigned char> out);

} // namespace hive
