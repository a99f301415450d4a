#include "gpu/quantiphy/quantity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace hive::quantiphy {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::string out;
  size_t done = 0;
  for (size_t at = 0; (at = text.find(from, done)) != std::string::npos; done = at + from.size())
    out.append(text, done, at - done).append(to);
  text = out.append(text, done);
}

struct replacement {
  std::string_view from;
  std::string_view to;
};

/// What models write around and for ASCII.
constexpr std::array replacements{
  replacement{"−", "-"},       replacement{"–", "-"},      replacement{"×", " x "},     replacement{"\\times", " x "},
  replacement{"\\cdot", "*"},  replacement{"·", "*"},      replacement{"⋅", "*"},       replacement{"\\text", ""},
  replacement{"\\mathrm", ""}, replacement{"\\boxed", ""}, replacement{"\\mathbf", ""}, replacement{"\\left", ""},
  replacement{"\\right", ""},  replacement{"\\,", " "},    replacement{"\\;", " "},     replacement{"\\ ", " "},
  replacement{"\\(", " "},     replacement{"\\)", " "},    replacement{"\\[", " "},     replacement{"\\]", " "},
  replacement{"**", ""},       replacement{"$", ""},       replacement{"{", ""},        replacement{"}", ""},
  replacement{"`", ""},        replacement{"⁻", "^-"},     replacement{"¹", "^1"},      replacement{"²", "^2"},
  replacement{"³", "^3"},      replacement{"⁴", "^4"},     replacement{"⁵", "^5"},      replacement{"⁶", "^6"},
  replacement{"⁷", "^7"},      replacement{"⁸", "^8"},     replacement{"⁹", "^9"},      replacement{"^-^", "^-"},
  replacement{"\u00A0", " "},  replacement{"\u202F", " "}, replacement{"\u2009", " "},  replacement{"~", " "},
  replacement{" / ", "/"},     replacement{"\u00B5", "u"}, replacement{"\u03BC", "u"}};

std::string plain(std::string_view text) {
  std::string out{text};
  for (const auto& each : replacements)
    replace_all(out, each.from, each.to);
  return out;
}

/// A spelling of a unit. Words are compared without regard to case, symbols as they are.
struct spelling {
  std::string text;
  unit what;
  bool is_word;
};

struct part {
  std::string_view symbol;
  std::string_view words; ///< space separated
  double si;
};

constexpr std::array lengths{part{"m", "meter metre meters metres", 1},
                             part{"cm", "centimeter centimetre centimeters centimetres", .01},
                             part{"mm", "millimeter millimetre millimeters millimetres", .001},
                             part{"km", "kilometer kilometre kilometers kilometres", 1000},
                             part{"ft", "foot feet", .3048},
                             part{"", "inch inches", .0254},
                             part{"mi", "mile miles", 1609.344}};
constexpr std::array times{part{"s", "second seconds sec secs", 1}, part{"ms", "millisecond milliseconds", .001},
                           part{"min", "minute minutes", 60}, part{"h", "hour hours hr hrs", 3600}};
constexpr std::array masses{part{"kg", "kilogram kilograms", 1}, part{"g", "gram grams", .001}};
constexpr std::array forces{part{"N", "newton newtons", 1}, part{"kN", "kilonewton kilonewtons", 1000},
                            part{"mN", "", .001}, part{"kg*m/s^2", "", 1}};
constexpr std::array energies{part{"J", "joule joules", 1}, part{"kJ", "kilojoule kilojoules", 1000},
                              part{"MJ", "", 1e6}, part{"N*m", "", 1}};
constexpr std::array powers{part{"W", "watt watts", 1}, part{"kW", "kilowatt kilowatts", 1000}, part{"MW", "", 1e6},
                            part{"J/s", "", 1}};
constexpr std::array pressures{part{"Pa", "pascal pascals", 1},
                               part{"kPa", "kilopascal kilopascals", 1000},
                               part{"MPa", "megapascal megapascals", 1e6},
                               part{"bar", "", 1e5},
                               part{"hPa", "", 100},
                               part{"N/m^2", "", 1}};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto end = std::min(text.find(' '), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

class spellings {
public:
  spellings() {
    add(lengths, dimension::length);
    add(times, dimension::time);
    add(masses, dimension::mass);
    add(forces, dimension::force);
    add(energies, dimension::energy);
    add(powers, dimension::power);
    add(pressures, dimension::pressure);
    for (const auto& length : lengths)
      for (const auto& time : times)
        add_rates(length, time);
    all_.push_back({"mph", {dimension::speed, .44704}, false});
    // The longest first, so that `m/s` is not read as `m`.
    std::stable_sort(all_.begin(), all_.end(),
                     [](const auto& a, const auto& b) { return a.text.size() > b.text.size(); });
  }

  const std::vector<spelling>& all() const {
    return all_;
  }

private:
  template <class Parts>
  void add(const Parts& parts, dimension of) {
    for (const auto& each : parts) {
      if (!each.symbol.empty())
        all_.push_back({std::string{each.symbol}, {of, each.si}, false});
      for (const auto& word : words_of(each.words))
        all_.push_back({word, {of, each.si}, true});
    }
  }

  void add_rates(const part& length, const part& time) {
    unit speed{dimension::speed, length.si / time.si};
    unit acceleration{dimension::acceleration, length.si / (time.si * time.si)};
    std::string l{length.symbol};
    std::string t{time.symbol};
    if (!l.empty()) {
      for (const auto& text : {l + "/" + t, l + " " + t + "^-1", l + "*" + t + "^-1"})
        all_.push_back({text, speed, false});
      for (const auto& text : {l + "/" + t + "^2", l + "/" + t + "2", l + "/" + t + "/" + t, l + " " + t + "^-2",
                               l + "*" + t + "^-2", l + "/(" + t + "^2)"})
        all_.push_back({text, acceleration, false});
    }
    for (const auto& long_length : words_of(length.words))
      for (const auto& long_time : words_of(time.words)) {
        auto rate = long_length + " per " + long_time;
        all_.push_back({rate, speed, true});
        all_.push_back({long_length + "/" + long_time, speed, true});
        for (const auto& text :
             {rate + " squared", rate + " per " + long_time, rate + "^2", long_length + "/" + long_time + "^2"})
          all_.push_back({text, acceleration, true});
      }
  }

  std::vector<spelling> all_;
};

const std::vector<spelling>& all_spellings() {
  static const spellings table;
  return table.all();
}

struct found_unit {
  std::optional<unit> what;
  bool is_unknown = false; ///< begins like a known unit and goes on, as `m^3`
};

/// The unit at the beginning of plain text.
found_unit unit_at(std::string_view text) {
  constexpr size_t longest = 64;
  text = text.substr(0, longest);
  auto lowered = lower(text);
  for (const auto& each : all_spellings()) {
    auto begins = each.is_word ? std::string_view{lowered}.starts_with(each.text) : text.starts_with(each.text);
    if (!begins)
      continue;
    auto next = each.text.size() < text.size() ? text[each.text.size()] : ' ';
    if (is_letter(next) || is_digit(next))
      continue;
    if (next == '^' || next == '/')
      return {std::nullopt, true};
    return {each.what, false};
  }
  return {};
}

std::string_view skip_blanks(std::string_view text) {
  auto at = text.find_first_not_of(" \t");
  return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

/// Reads the whole number at `text`, with commas between groups of three digits or in place of the point.
struct scanned_number {
  double value = 0;
  size_t length = 0; ///< 0: there is none
};

size_t digits_at(std::string_view text, size_t at) {
  size_t count = 0;
  while (at + count < text.size() && is_digit(text[at + count]))
    ++count;
  return count;
}

/// `x 10^3` or `* 10^-3` behind a number: the power, and its length.
struct power_of_ten {
  int exponent = 0;
  size_t length = 0;
};

power_of_ten power_at(std::string_view text) {
  auto rest = skip_blanks(text);
  if (rest.empty() || (rest[0] != 'x' && rest[0] != '*'))
    return {};
  rest = skip_blanks(rest.substr(1));
  if (!rest.starts_with("10^"))
    return {};
  rest.remove_prefix(3);
  if (rest.starts_with('('))
    rest.remove_prefix(1);
  bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+'))
    rest.remove_prefix(1);
  auto digits = digits_at(rest, 0);
  if (digits == 0 || digits > 3)
    return {};
  int exponent = 0;
  std::from_chars(rest.data(), rest.data() + digits, exponent);
  rest.remove_prefix(digits);
  if (rest.starts_with(')'))
    rest.remove_prefix(1);
  return {negative ? -exponent : exponent, text.size() - rest.size()};
}

scanned_number number_at(std::string_view text) {
  std::string digits;
  size_t at = digits_at(text, 0);
  digits.append(text.substr(0, at));
  while (at > 0 && at < text.size() && text[at] == ',' && digits_at(text, at + 1) == 3) {
    digits.append(text.substr(at + 1, 3));
    at += 4;
  }
  bool has_point = at < text.size() && (text[at] == '.' || (text[at] == ',' && at == digits.size()));
  if (has_point && digits_at(text, at + 1) > 0) {
    auto count = digits_at(text, at + 1);
    digits.append(".").append(text.substr(at + 1, count));
    at += 1 + count;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    auto sign = at + 1 < text.size() && (text[at + 1] == '-' || text[at + 1] == '+') ? size_t{1} : size_t{0};
    if (auto count = digits_at(text, at + 1 + sign); count > 0) {
      digits.append("e").append(text.substr(at + 1 + (text[at + 1] == '+'), count + (text[at + 1] == '-')));
      at += 1 + sign + count;
    }
  }
  scanned_number out;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.value);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return {};
  auto power = power_at(text.substr(at));
  out.value *= std::pow(10., power.exponent);
  out.length = at + power.length;
  return std::isfinite(out.value) ? out : scanned_number{};
}

/// Whether a number may begin here: neither inside of a name or a number nor as the exponent of a unit.
bool can_begin(std::string_view text, size_t at) {
  if (at == 0)
    return true;
  char before = text[at - 1];
  if (before == '-' && at > 1)
    before = text[at - 2] == '^' ? '^' : before;
  return !is_letter(before) && !is_digit(before) && before != '^' && before != '_';
}

bool is_negative(std::string_view text, size_t at) {
  if (at == 0 || text[at - 1] != '-')
    return false;
  return at == 1 || !(is_digit(text[at - 2]) || is_letter(text[at - 2]) || text[at - 2] == ')');
}

} // namespace

std::optional<unit> read_unit(std::string_view text) {
  auto simple = plain(text);
  return unit_at(skip_blanks(simple)).what;
}

std::optional<unit> asked_unit(std::string_view question) {
  auto text = plain(question);
  std::optional<unit> out;
  for (size_t at = 0; (at = text.find(" in ", at)) != std::string::npos; at += 3)
    if (auto found = unit_at(std::string_view{text}.substr(at + 4)).what)
      out = found;
  return out;
}

std::optional<double> last_quantity(std::string_view answer, const std::optional<unit>& asked) {
  auto kept = plain(answer);
  std::string_view text{kept};
  std::optional<double> out;
  for (size_t at = 0; at < text.size();) {
    bool begins = is_digit(text[at]) || (text[at] == '.' && digits_at(text, at + 1) > 0);
    auto number = begins && can_begin(text, at) ? number_at(text.substr(at)) : scanned_number{};
    if (number.length == 0) {
      ++at;
      continue;
    }
    auto value = is_negative(text, at) ? -number.value : number.value;
    at += number.length;
    auto behind = unit_at(skip_blanks(text.substr(at)));
    if (behind.is_unknown || (asked && behind.what && behind.what->of != asked->of))
      out = std::nullopt;
    else
      out = asked && behind.what ? value * behind.what->si / asked->si : value;
  }
  return out;
}

} // namespace hive::quantiphy
