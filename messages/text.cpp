#include "messages/text.hpp"

namespace hive {

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
