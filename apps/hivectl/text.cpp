#include "apps/hivectl/text.hpp"

#include <algorithm>
#include <cwchar>
#include <fmt/format.h>
#include <langinfo.h>

namespace hive::ctl {
namespace {

/// One character: a code point, or a byte where the text is not UTF-8.
struct character {
  char32_t code = 0;
  size_t bytes = 1;
  bool valid = true;
};

/// Length in bytes of the UTF-8 sequence that starts with `lead`; 0 for an invalid lead byte.
size_t sequence_length(unsigned char lead) {
  if (lead < 0x80)
    return 1;
  if (lead >= 0xc2 && lead < 0xe0)
    return 2;
  if (lead >= 0xe0 && lead < 0xf0)
    return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/// `text` must not be empty.
character first_character(std::string_view text) {
  auto lead = static_cast<unsigned char>(text.front());
  auto length = sequence_length(lead);
  character broken{lead, 1, false};
  if (length == 0 || length > text.size())
    return broken;
  if (length == 1)
    return {lead, 1, true};
  char32_t code = lead & (0x7fU >> length);
  for (size_t i = 1; i < length; ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80)
      return broken;
    code = (code << 6U) | (byte & 0x3fU);
  }
  bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  bool surrogate = code >= 0xd800 && code < 0xe000;
  if (overlong || surrogate || code > 0x10ffff)
    return broken;
  return {code, length, true};
}

template <class Visit>
void for_each_character(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    auto c = first_character(text);
    visit(c, text.substr(0, c.bytes));
    text.remove_prefix(c.bytes);
  }
}

struct code_range {
  char32_t first;
  char32_t last;
};

/// Characters that control a terminal, or disguise a text.
constexpr code_range unsafe_ranges[] = {
  {0x00, 0x1f},       // C0 controls
  {0x7f, 0x9f},       // DEL and the C1 controls, which some terminals obey like ESC sequences
  {0x061c, 0x061c},   // Arabic letter mark
  {0x200b, 0x200f},   // zero width characters and direction marks
  {0x2028, 0x202e},   // line and paragraph separators, direction embeddings and overrides
  {0x2060, 0x206f},   // invisible operators and direction isolates
  {0xfeff, 0xfeff},   // byte order mark
  {0xe0000, 0xe007f}, // tags: invisible copies of ASCII
};

bool is_unsafe(char32_t code) {
  return std::any_of(std::begin(unsafe_ranges), std::end(unsafe_ranges),
                     [code](const code_range& range) { return code >= range.first && code <= range.last; });
}

std::string escape(const character& c) {
  auto code = static_cast<uint32_t>(c.code);
  switch (code) {
  case '\n':
    return "\\n";
  case '\r':
    return "\\r";
  case '\t':
    return "\\t";
  default:
    return code < 0x80 || !c.valid ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{{{:x}}}", code);
  }
}

/// JSON escapes have 16 bits, so larger code points need a surrogate pair.
std::string escape_json(char32_t code) {
  auto value = static_cast<uint32_t>(code);
  if (value < 0x10000)
    return fmt::format("\\u{:04x}", value);
  value -= 0x10000;
  return fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (value >> 10U), 0xdc00 + (value & 0x3ffU));
}

size_t columns_of(const character& c) {
  if (c.code < 0x80)
    return 1;
  auto columns = wcwidth(static_cast<wchar_t>(c.code));
  return columns < 0 ? 1 : static_cast<size_t>(columns); // -1: unknown in this locale
}

} // namespace

charset charset_of_locale() {
  return std::string_view{nl_langinfo(CODESET)} == "UTF-8" ? charset::utf8 : charset::ascii;
}

std::string join_texts(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    out += out.empty() ? std::string_view{} : separator;
    out += part;
  }
  return out;
}

std::string printable(std::string_view text, charset set) {
  std::string out;
  for_each_character(text, [&](const character& c, std::string_view bytes) {
    if (!c.valid || is_unsafe(c.code))
      out += escape(c);
    else if (c.code >= 0x80 && set == charset::ascii)
      out += '?';
    else
      out += bytes;
  });
  return out;
}

std::string printable_json(std::string_view document) {
  std::string out;
  for_each_character(document, [&](const character& c, std::string_view bytes) {
    if (c.code >= 0x20 && is_unsafe(c.code)) // below 0x20, valid JSON has only white space between tokens
      out += escape_json(c.code);
    else
      out += bytes;
  });
  return out;
}

size_t columns_of(std::string_view printable_text) {
  size_t columns = 0;
  for_each_character(printable_text, [&](const character& c, std::string_view) { columns += columns_of(c); });
  return columns;
}

std::string cut_to_columns(std::string_view printable_text, size_t columns, charset set) {
  if (columns_of(printable_text) <= columns)
    return std::string{printable_text};
  std::string_view ellipsis = set == charset::utf8 ? "…" : "...";
  auto room = columns - std::min(columns, columns_of(ellipsis));
  std::string out;
  bool full = false;
  for_each_character(printable_text, [&](const character& c, std::string_view bytes) {
    full = full || columns_of(c) > room;
    if (full)
      return;
    room -= columns_of(c);
    out += bytes;
  });
  return out.append(ellipsis);
}

} // namespace hive::ctl
