#pragma once

#include <capnp/blob.h>
#include <string>
#include <string_view>

namespace hive {

/// A view of a text field; valid as long as the message.
inline std::string_view as_view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

/// The same bytes as libraries of C take them.
inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Whether `text` is UTF-8 (no overlong forms, no surrogates) without NUL.
bool is_utf8(std::string_view text);

/// The longest prefix of `text` of at most `max_bytes` bytes that ends at a character boundary.
inline std::string_view cut_text(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes)
    return text;
  auto continues_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  while (max_bytes > 0 && continues_character(text[max_bytes]))
    --max_bytes;
  return text.substr(0, max_bytes);
}

/// `text` with every byte outside printable ASCII written as \xNN, for error messages and logs.
std::string printable(std::string_view text);

} // namespace hive
