#include "platform/hex.hpp"

namespace hive {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

} // namespace

std::string to_hex(std::span<const unsigned char> bytes) {
  std::string out;
  for (auto byte : bytes)
    (out += digits[byte >> 4]) += digits[byte & 15];
  return out;
}

bool from_hex(std::string_view text, std::span<unsigned char> out) {
  if (text.size() != 2 * out.size())
    return false;
  for (size_t i = 0; i < out.size(); ++i) {
    auto high = digits.find(text[2 * i]);
    auto low = digits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos)
      return false;
    out[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return true;
}

} // namespace hive
