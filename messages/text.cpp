#include "messages/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <simdjson.h>

namespace hive {

/// Most texts are short ASCII, for which this loop is cheaper than the library call.
bool is_utf8(std::string_view whole) {
  constexpr uint64_t ones = 0x0101010101010101, high_bits = ones << 7;
  uint64_t beyond_ascii = 0;
  for (auto text = whole; !text.empty();) {
    uint64_t bytes = ones; // also those that the text lacks
    auto size = std::min(text.size(), sizeof bytes);
    std::memcpy(&bytes, text.data(), size);
    if (((bytes - ones) & ~bytes & high_bits) != 0) // a byte is 0
      return false;
    beyond_ascii |= bytes & high_bits;
    text.remove_prefix(size);
  }
  return beyond_ascii == 0 || simdjson::validate_utf8(whole);
}

std::string printable(std::string_view text) {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F)
      out += c;
    else
      (out += "\\x").append({hex[byte >> 4], hex[byte & 15]});
  }
  return out;
}

} // namespace hive
