#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hive::ctl {

/// Single characters to add, remove, exchange or swap with their neighbour to make `b` of `a` (Damerau and Levenshtein,
/// no part of the text changed twice).
size_t edit_distance(std::string_view a, std::string_view b);

/// The names that somebody who wrote `given` may have meant, the nearest first, at most three: those that begin with
/// it, and those that differ in few characters, at most one in three.
std::vector<std::string> nearest(std::string_view given, const std::vector<std::string>& names);

/// "; did you mean A or B?", empty for no names.
std::string did_you_mean(const std::vector<std::string>& names);

} // namespace hive::ctl
