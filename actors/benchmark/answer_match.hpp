#pragma once

#include <optional>
#include <string_view>

namespace hive {

/// Whether a model's answer is the expected one. Numbers match when they are equal to a billionth part, however they
/// are written (`.5`, `0.50`); other texts match when they are equal without regard to ASCII case, runs of white space,
/// enclosing quotes, emphasis and brackets, and closing punctuation. The whole answer must match: a sentence around
/// it is no match, so that the share of matches does not depend on how a sentence is searched. Where the expected
/// answer is nothing but such quotes, brackets and punctuation, it must be given as it is, at most quoted or with a
/// full stop behind it.
bool answers_match(std::string_view expected, std::string_view given);

/// What a model says when it has thought: the text behind the last `</think>` (also `</thinking>` and `</reasoning>`).
/// Nothing when its thoughts have no end. The text as it is when it holds none.
std::optional<std::string_view> without_thoughts(std::string_view text);

} // namespace hive
