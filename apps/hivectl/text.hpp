#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hive::ctl {

/// The characters that the user's terminal can show.
enum class charset { ascii, utf8 };

/// The character set of the process's locale (LC_ALL, LC_CTYPE, LANG).
charset charset_of_locale();

/// All `parts`, with `separator` between them.
std::string join_texts(const std::vector<std::string>& parts, std::string_view separator);

/// `text` on one line and without terminal control. Texts from a node are untrusted: control characters, line breaks,
/// marks that reverse or hide text, and broken UTF-8 become escapes (such as \n, \x1b and \u{202e}). With
/// charset::ascii, all other characters beyond ASCII become question marks.
std::string printable(std::string_view text, charset set);

/// An equivalent JSON document in which the characters that `printable` escapes are written as \u escapes. `document`
/// must be valid JSON; line breaks between tokens are kept.
std::string printable_json(std::string_view document);

/// Number of terminal columns of a text returned by `printable`.
size_t columns_of(std::string_view printable_text);

/// The prefix of such a printable text that fits `columns`, with an ellipsis when it was cut.
std::string cut_to_columns(std::string_view printable_text, size_t columns, charset set);

} // namespace hive::ctl
