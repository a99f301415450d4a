#include "platform/hex.hpp"

#include <sodium.h>

namespace hive {

std::string to_hex(std::span<const unsigned char> bytes) {
  std::string out(2 * bytes.size() + 1, '\0'); // libsodium appends a NUL
  sodium_bin2hex(out.data(), out.size(), bytes.data(), bytes.size());
  out.pop_back();
  return out;
}

bool from_hex(std::string_view text, std::span<unsigned char> out) {
  if (out.empty())
    return text.empty(); // libsodium requires a non-empty output buffer
  size_t length = 0;
  auto wrong = sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &length, nullptr);
  // libsodium also accepts upper case.
  return wrong == 0 && length == out.size() && to_hex(out) == text;
}

} // namespace hive
