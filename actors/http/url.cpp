#include "actors/http/url.hpp"

#include "actors/defaults.hpp"
#include "messages/text.hpp"

#include <algorithm>

namespace hive::http {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> decode_form(std::string_view text) {
  std::string spaced{text};
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

/// Splits `text` at the first `separator`; `text` keeps the remainder.
std::string_view take_until(std::string_view& text, char separator) {
  auto end = text.find(separator);
  auto part = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return part;
}

} // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3)
      return std::nullopt;
    auto high = hex_digit(text[i + 1]);
    auto low = hex_digit(text[i + 2]);
    if (!high || !low)
      return std::nullopt;
    out += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  return out;
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> out;
  if (path.starts_with('/'))
    path.remove_prefix(1);
  if (path.empty())
    return out;
  for (;;) {
    auto slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == path.npos)
      return out;
    path.remove_prefix(slash + 1);
  }
}

std::optional<std::vector<parameter>> parse_query(std::string_view query, json_error& why) {
  std::vector<parameter> out;
  auto refuse = [&](std::string text) {
    why = {ec::invalid, {}, std::move(text)};
    return std::nullopt;
  };
  while (!query.empty()) {
    auto value_part = take_until(query, '&');
    if (value_part.empty())
      continue;
    auto name_part = take_until(value_part, '=');
    auto name = decode_form(name_part);
    auto value = decode_form(value_part);
    if (!name || !value)
      return refuse("query parameter " + std::string{name_part} + " has a '%' without two hexadecimal digits");
    if (!is_utf8(*name))
      return refuse("query parameter " + std::string{name_part} + " has a name that is not UTF-8 text without NUL");
    if (out.size() == defaults::max_query_parameters)
      return refuse("more than " + std::to_string(defaults::max_query_parameters) + " query parameters");
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

} // namespace hive::http
