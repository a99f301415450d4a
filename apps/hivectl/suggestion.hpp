#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hive::ctl {

/// Edit distance between `a` and `b` in insertions, deletions, replacements and swaps of neighbouring characters
/// (restricted Damerau-Levenshtein: no substring is edited twice).
size_t edit_distance(std::string_view a, std::string_view b);

/// Names that the author of `given` may have meant, nearest first, at most three: those that start with it, and those
/// with few edits, at most one in three characters.
std::vector<std::string> nearest(std::string_view given, const std::vector<std::string>& names);

/// "; did you mean A or B?", or empty when there are no names.
std::string did_you_mean(const std::vector<std::string>& names);

} // namespace hive::ctl
