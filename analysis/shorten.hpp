#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hive::analysis {

/// `text` if it has at most `max_bytes`, else its beginning, cut at a character boundary, and an ellipsis.
std::string shorten(std::string_view text, size_t max_bytes);

} // namespace hive::analysis
