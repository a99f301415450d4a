#pragma once

#include <string_view>

namespace hive {

/// Whether a model's answer equals the expected one. Numbers match when they differ by at most a billionth, in any
/// notation (`.5`, `0.50`). Other texts match when they are equal up to ASCII case, runs of white space, enclosing
/// quotes, emphasis, brackets, and final punctuation. The whole answer must match; a sentence around it does not, so
/// that the match rate does not depend on how sentences are searched. An expected answer that consists only of such
/// punctuation must be given literally, at most quoted or followed by a full stop.
bool answers_match(std::string_view expected, std::string_view given);

} // namespace hive
