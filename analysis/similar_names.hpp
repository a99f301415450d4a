#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// Candidates that `wanted` may be a typo of: at most two characters changed, added, omitted or swapped (one in short
/// names), ignoring case. Most similar first, at most `most`. Names must have at most 64 bytes.
std::vector<std::string> similar_names(std::string_view wanted, std::span<const std::string> candidates, size_t most);

} // namespace hive::analysis
