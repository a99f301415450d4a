#pragma once

#include <cstddef>
#include <string_view>

namespace hive {

/// Parses with Boost.JSON, without a schema, and discards the tree. Returns the number of members of the root.
size_t parse_with_boost_json(std::string_view text);

} // namespace hive
