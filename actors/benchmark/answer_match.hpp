#pragma once

#include <string_view>

namespace hive {

/// Whether a model's answer is the expected one. Numbers match when they are equal to a billionth part, however they
/// are written (`.5`, `0.50`); other texts match when they are equal without regard to ASCII case, runs of white space,
/// enclosing quotes, emphasis and brackets, and closing punctuation. The whole answer must match: a sentence around
/// it is no match, so that the share of matches does not depend on how a sentence is searched.
bool answers_match(std::string_view expected, std::string_view given);

} // namespace hive
