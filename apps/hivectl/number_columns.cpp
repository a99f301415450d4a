#include "apps/hivectl/number_columns.hpp"

#include "messages/ec.hpp"

#include <charconv>
#include <cmath>
#include <optional>

namespace hive::ctl {
namespace {

constexpr std::string_view separators = ",; \t";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  while (true) {
    auto begin = line.find_first_not_of(separators);
    if (begin == std::string_view::npos)
      return out;
    line.remove_prefix(begin);
    auto end = std::min(line.find_first_of(separators), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::optional<double> parsed_number(std::string_view word) {
  double out = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(out))
    return std::nullopt;
  return out;
}

} // namespace

caf::expected<std::vector<std::vector<double>>> read_number_columns(const std::string& file, std::string_view text,
                                                                    size_t columns) {
  std::vector<std::vector<double>> out(columns);
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    auto words = words_of(line);
    if (words.empty() || words.front().starts_with('#'))
      continue;
    bool is_heading = out.front().empty() && !parsed_number(words.front());
    if (is_heading && number == 1)
      continue;
    auto place = file + ":" + std::to_string(number) + ": ";
    if (words.size() != columns)
      return fail(ec::invalid,
                  place + "has " + std::to_string(words.size()) + " columns instead of " + std::to_string(columns));
    for (size_t i = 0; i < columns; ++i) {
      auto value = parsed_number(words[i]);
      if (!value)
        return fail(ec::invalid, place + std::string{words[i]} + " is no finite number");
      out[i].push_back(*value);
    }
  }
  if (out.front().empty())
    return fail(ec::no_data, file + " has no numbers");
  return out;
}

std::vector<double> to_vector(capnp::List<double>::Reader from) {
  std::vector<double> out;
  out.reserve(from.size());
  for (double value : from)
    out.push_back(value);
  return out;
}

void fill(const std::vector<double>& from, capnp::List<double>::Builder to) {
  for (uint32_t i = 0; i < to.size(); ++i)
    to.set(i, from[i]);
}

} // namespace hive::ctl
