#include "messages/text.hpp"

#include <simdjson.h>

namespace hive {

bool is_utf8(std::string_view text) {
  return text.find('\0') == text.npos && simdjson::validate_utf8(text);
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
