#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace hive {

/// Parses a line from left to right. Each `take` either consumes what it names or changes nothing.
class text_scanner {
public:
  explicit text_scanner(std::string_view text) : rest_{text} {
  }

  bool take(std::string_view literal) {
    if (!rest_.starts_with(literal))
      return false;
    rest_.remove_prefix(literal.size());
    return true;
  }

  /// Consumes a decimal number that fits 32 bits.
  std::optional<uint32_t> take_number() {
    uint32_t value = 0;
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9')
      return std::nullopt;
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{})
      return std::nullopt;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }

  /// Consumes everything before the next character in `stops`, or all.
  std::string_view take_until(std::string_view stops) {
    auto taken = rest_.substr(0, rest_.find_first_of(stops));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  /// Consumes all leading characters of this set; returns their number.
  size_t take_all(std::string_view characters) {
    auto count = std::min(rest_.find_first_not_of(characters), rest_.size());
    rest_.remove_prefix(count);
    return count;
  }

  std::string_view rest() const {
    return rest_;
  }
  bool done() const {
    return rest_.empty();
  }

private:
  std::string_view rest_;
};

inline std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// The non-blank lines of `text` without line ends; leading blanks are kept.
inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (auto trimmed = trim(line); !trimmed.empty())
      out.push_back(line.substr(0, static_cast<size_t>(trimmed.data() + trimmed.size() - line.data())));
  }
  return out;
}

} // namespace hive
