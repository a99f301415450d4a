#pragma once

#include <capnp/blob.h>
#include <string>
#include <string_view>

namespace hive {

/// The characters of a text field, without a copy; valid as long as the message.
inline std::string_view as_view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

/// Whether `text` is UTF-8 (no overlong forms, no surrogates) without NUL.
bool is_utf8(std::string_view text);

/// The start of `text`, at most `max_bytes` of it, cut at the end of a character.
inline std::string_view cut_text(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes)
    return text;
  auto continues_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  while (max_bytes > 0 && continues_character(text[max_bytes]))
    --max_bytes;
  return text.substr(0, max_bytes);
}

/// `text` for an error message: bytes outside printable ASCII as \xNN.
std::string printable(std::string_view text);

} // namespace hive
