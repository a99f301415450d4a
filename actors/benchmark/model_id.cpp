#include "actors/benchmark/model_id.hpp"

#include <algorithm>

namespace hive {
namespace {

// std::isalnum would depend on the locale.
constexpr bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

} // namespace

bool is_valid_model_id(std::string_view text) {
  constexpr size_t max_length = 128;
  constexpr std::string_view others = "._-/:";
  if (text.empty() || text.size() > max_length || !is_alnum(text.front()))
    return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alnum(c) || others.find(c) != std::string_view::npos; });
}

} // namespace hive
