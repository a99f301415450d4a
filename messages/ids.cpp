#include "messages/ids.hpp"

#include <algorithm>

namespace hive {
namespace {

// Not std::isalnum, whose answer depends on the locale.
constexpr bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

} // namespace

bool is_valid_id(std::string_view text) {
  constexpr size_t max_length = 64;
  if (text.empty() || text.size() > max_length || !is_alnum(text.front()))
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
}

} // namespace hive
