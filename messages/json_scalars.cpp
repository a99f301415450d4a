#include "messages/json_scalars.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace hive::detail {
namespace {

/// Whole numbers below this have at most 15 digits and are doubles exactly.
constexpr double max_plain = 1e15;

/// A number is digits · 10^exponent, with a point after the first digit.
struct decimal {
  bool negative = false;
  std::string_view digits;
  int exponent = 0;
};

/// Parts of a number as `std::to_chars` writes it with an exponent, such as -1.25e-07, without the point.
decimal parts_of(std::string_view text, std::array<char, 32>& digits) {
  decimal out;
  out.negative = text.front() == '-';
  size_t count = 0;
  auto mark = text.find('e');
  for (char c : text.substr(0, mark))
    if (c >= '0' && c <= '9')
      digits[count++] = c;
  out.digits = {digits.data(), count};
  auto exponent = text.substr(mark + 1);
  if (exponent.front() == '+')
    exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), out.exponent);
  return out;
}

void write_with_exponent(const decimal& number, std::string& out) {
  out += number.digits.front();
  if (number.digits.size() > 1)
    (out += '.') += number.digits.substr(1);
  out += number.exponent < 0 ? "e-" : "e";
  auto exponent = std::to_string(std::abs(number.exponent));
  (out += exponent.size() < 2 ? "0" : "") += exponent; // as printf has it
}

void write_plain(const decimal& number, std::string& out) {
  if (number.exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-number.exponent - 1), '0') += number.digits;
    return;
  }
  auto before_point = static_cast<size_t>(number.exponent) + 1;
  out += number.digits.substr(0, before_point);
  if (number.digits.size() > before_point)
    (out += '.') += number.digits.substr(before_point);
  else
    out.append(before_point - number.digits.size(), '0');
}

} // namespace

void write_number(double value, std::string& out) {
  constexpr int least_plain_exponent = -4, plain_digits = 15;
  std::array<char, 32> text{}, digits{};
  if (std::abs(value) < max_plain && value == std::trunc(value) && !std::signbit(value)) {
    auto end = std::to_chars(text.data(), text.data() + text.size(), static_cast<int64_t>(value)).ptr;
    out.append(text.data(), end);
    return;
  }
  auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
  auto number = parts_of({text.data(), end}, digits);
  if (number.negative)
    out += '-';
  if (number.exponent < least_plain_exponent || number.exponent >= plain_digits)
    write_with_exponent(number, out);
  else
    write_plain(number, out);
}

void write_string(std::string_view value, std::string& out) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  size_t written = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    auto c = static_cast<unsigned char>(value[i]);
    if (c >= 0x20 && c != '"' && c != '\\')
      continue;
    out += value.substr(written, i - written);
    written = i + 1;
    constexpr std::string_view named = "\b\t\n\f\r\"\\", names = "btnfr\"\\";
    out += '\\';
    if (auto place = named.find(static_cast<char>(c)); place != named.npos)
      out += names[place];
    else
      ((out += "u00") += hex[c >> 4]) += hex[c & 0xF];
  }
  (out += value.substr(written)) += '"';
}

} // namespace hive::detail
