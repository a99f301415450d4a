#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hive::ctl {

/// What the user's terminal can show.
enum class charset { ascii, utf8 };

/// The character set of the process's locale (LC_ALL, LC_CTYPE, LANG).
charset charset_of_locale();

/// `text` on one line and without power over a terminal. What a node sends was written by somebody else: control
/// characters, line breaks, marks that reverse or hide text and broken UTF-8 are shown as escapes (\n, \x1b, \u{202e}).
/// With charset::ascii every other character beyond ASCII becomes a question mark.
std::string printable(std::string_view text, charset set);

/// A JSON document that means the same, with the characters that `printable` escapes written as \u escapes.
/// `document` must be valid JSON; line breaks between its tokens stay.
std::string printable_json(std::string_view document);

/// Terminal columns that a text takes which `printable` returned.
size_t columns_of(std::string_view printable_text);

/// The first characters of such a text that fit into `columns`, with an ellipsis when something was cut.
std::string cut_to_columns(std::string_view printable_text, size_t columns, charset set);

} // namespace hive::ctl
