#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// Candidates that `wanted` may be a slip of: at most two characters changed, added, left out or swapped, of short
/// names one; case does not count. The most similar first, at most `most`. The names must be at most 64 bytes long.
std::vector<std::string> similar_names(std::string_view wanted, std::span<const std::string> candidates, size_t most);

} // namespace hive::analysis
