#include "analysis/version_order.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace hive::analysis {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// A run of digits or letters, or the end of the name. Kinds of a higher rank are newer; the marks before a release,
/// in their order, have the lowest ranks.
struct part {
  enum rank : uint8_t { dev, alpha, beta, pre, rc, end, letters_behind_dash, number_behind_dash, letters, number };

  rank kind = end;
  std::string_view text; ///< without leading zeros if it is a number
};

part::rank rank_of_letters(std::string_view text, bool behind_dash, bool has_number_before) {
  static constexpr std::array<std::pair<std::string_view, part::rank>, 6> marks{{{"dev", part::dev},
                                                                                 {"alpha", part::alpha},
                                                                                 {"beta", part::beta},
                                                                                 {"pre", part::pre},
                                                                                 {"preview", part::pre},
                                                                                 {"rc", part::rc}}};
  auto same = [text](const auto& mark) {
    return std::ranges::equal(text, mark.first, [](char c, char lower) { return (c | 0x20) == lower; });
  };
  auto found = std::ranges::find_if(marks, same);
  if (has_number_before && found != marks.end())
    return found->second;
  return behind_dash ? part::letters_behind_dash : part::letters;
}

class reader {
public:
  explicit reader(std::string_view name) : rest_{name} {
    if (name.size() > 1 && (name[0] | 0x20) == 'v' && is_digit(name[1]))
      rest_.remove_prefix(1);
  }

  part next() {
    bool behind_dash = false;
    while (!rest_.empty() && !is_digit(rest_.front()) && !is_letter(rest_.front())) {
      behind_dash = behind_dash || rest_.front() != '.';
      rest_.remove_prefix(1);
    }
    if (rest_.empty())
      return {};
    bool digits = is_digit(rest_.front());
    auto length = std::ranges::find_if_not(rest_, digits ? is_digit : is_letter) - rest_.begin();
    auto text = rest_.substr(0, static_cast<size_t>(length));
    rest_.remove_prefix(text.size());
    if (!digits)
      return {rank_of_letters(text, behind_dash, has_number_), text};
    has_number_ = true;
    text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
    return {behind_dash ? part::number_behind_dash : part::number, text};
  }

private:
  std::string_view rest_;
  bool has_number_ = false;
};

std::strong_ordering compare(const part& a, const part& b) {
  if (a.kind != b.kind)
    return a.kind <=> b.kind;
  bool numbers = a.kind == part::number || a.kind == part::number_behind_dash;
  if (numbers && a.text.size() != b.text.size())
    return a.text.size() <=> b.text.size();
  bool same_mark = a.kind < part::end; // rc and RC
  return same_mark ? std::strong_ordering::equal : a.text <=> b.text;
}

} // namespace

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  reader of_a{a}, of_b{b};
  while (true) {
    auto left = of_a.next(), right = of_b.next();
    if (auto order = compare(left, right); order != 0)
      return order;
    if (left.kind == part::end)
      return a <=> b;
  }
}

} // namespace hive::analysis
