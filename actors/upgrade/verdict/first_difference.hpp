#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// Where two JSON documents first differ.
struct json_difference {
  std::string pointer;  ///< JSON pointer; empty: the whole documents
  std::string in_first; ///< the value there, as JSON of at most some hundred bytes; empty: there is none
  std::string in_second;
};

/// Compares two documents in the order of the first one; nothing when they hold the same. What is no JSON differs from
/// everything.
std::optional<json_difference> first_difference(std::string_view first, std::string_view second);

} // namespace hive
