#include "apps/dashboard/accept_encoding.hpp"

#include <algorithm>
#include <optional>

namespace hive {
namespace {

std::string_view trim(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_same(std::string_view a, std::string_view lower_case) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, lower_case, {}, lower);
}

/// Whether a weight, such as `q=0.5`, is more than 0.
bool is_wanted(std::string_view weight) {
  weight = trim(weight);
  if (weight.size() < 2 || !is_same(weight.substr(0, 2), "q="))
    return true;
  return weight.find_first_of("123456789") != weight.npos;
}

} // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<bool> named, any;
  while (!accept_encoding.empty()) {
    auto end = std::min(accept_encoding.find(','), accept_encoding.size());
    auto entry = accept_encoding.substr(0, end);
    accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
    auto mark = std::min(entry.find(';'), entry.size());
    auto coding = trim(entry.substr(0, mark));
    bool wanted = is_wanted(entry.substr(std::min(mark + 1, entry.size())));
    if (is_same(coding, "gzip") || is_same(coding, "x-gzip"))
      named = wanted;
    else if (coding == "*")
      any = wanted;
  }
  return named.value_or(any.value_or(false));
}

} // namespace hive
