#include "actors/benchmark/answer_match.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

namespace hive {
namespace {

constexpr std::string_view white_space = " \t\r\n\f\v";
constexpr std::string_view before_answer = " \t\r\n\f\v\"'`*([";
constexpr std::string_view after_answer = " \t\r\n\f\v\"'`*)].,;:!?";

std::string_view strip(std::string_view text) {
  auto first = text.find_first_not_of(before_answer);
  auto last = text.find_last_not_of(after_answer);
  if (first == std::string_view::npos || last == std::string_view::npos || last < first)
    return {};
  return text.substr(first, last - first + 1);
}

std::string normalise(std::string_view text) {
  std::string out;
  for (char c : strip(text)) {
    bool space = white_space.find(c) != std::string_view::npos;
    if (space && out.back() == ' ')
      continue;
    bool upper = c >= 'A' && c <= 'Z';
    out += space ? ' ' : upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::optional<double> to_number(std::string_view text) {
  text = strip(text);
  if (text.starts_with('+'))
    text.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

bool nearly_equal(double a, double b) {
  constexpr double tolerance = 1e-9;
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

std::string_view trim_blanks(std::string_view text) {
  auto first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

/// Removes one pair of quotes, or the final full stop. False when there is nothing to remove.
bool peel(std::string_view& text) {
  constexpr std::string_view quotes = "\"'`";
  bool quoted = text.size() > 2 && text.front() == text.back() && quotes.find(text.front()) != std::string_view::npos;
  if (quoted)
    text = text.substr(1, text.size() - 2);
  else if (text.size() > 1 && text.back() == '.')
    text.remove_suffix(1);
  else
    return false;
  text = trim_blanks(text);
  return true;
}

/// For expected answers that `strip` reduces to nothing.
bool punctuation_matches(std::string_view expected, std::string_view given) {
  expected = trim_blanks(expected);
  given = trim_blanks(given);
  if (expected.empty())
    return false;
  do {
    auto wanted = expected;
    do {
      if (wanted == given)
        return true;
    } while (peel(wanted));
  } while (peel(given));
  return false;
}

} // namespace

bool answers_match(std::string_view expected, std::string_view given) {
  auto wanted = to_number(expected);
  auto got = to_number(given);
  if (wanted && got)
    return nearly_equal(*wanted, *got);
  auto text = normalise(expected);
  return text.empty() ? punctuation_matches(expected, given) : text == normalise(given);
}

} // namespace hive
