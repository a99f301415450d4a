#include "messages/text.hpp"

#include <simdjson.h>

namespace hive {

/// Most texts are short ASCII, for which this loop is cheaper than the library call.
bool is_utf8(std::string_view text) {
  bool is_ascii = true;
  for (char c : text) {
    if (c == '\0')
      return false;
    is_ascii &= static_cast<unsigned char>(c) < 0x80;
  }
  return is_ascii || simdjson::validate_utf8(text);
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
