#include "messages/timestamp.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace hive {
namespace {

using namespace std::chrono;

/// Parses fixed-width parts from the front of a text.
class scanner {
public:
  explicit scanner(std::string_view text) : rest_{text} {
  }

  std::optional<int> digits(size_t width) {
    int value = 0;
    if (rest_.size() < width)
      return std::nullopt;
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + width, value);
    if (error != std::errc{} || end != rest_.data() + width || value < 0)
      return std::nullopt;
    rest_.remove_prefix(width);
    return value;
  }

  bool accept(char c) {
    if (rest_.empty() || rest_.front() != c)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Parses the digits of a fraction; returns microseconds.
  std::optional<int64_t> fraction() {
    int64_t micros = 0;
    size_t n = 0;
    for (; n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9'; ++n)
      if (n < 6)
        micros = micros * 10 + (rest_[n] - '0');
    if (n == 0 || n > 9)
      return std::nullopt;
    for (size_t i = n; i < 6; ++i)
      micros *= 10;
    rest_.remove_prefix(n);
    return micros;
  }

  /// Parses `Z`, `±hh:mm` or nothing, up to the end of the text; returns seconds.
  std::optional<int> offset() {
    if (rest_.empty())
      return 0;
    if (accept('Z'))
      return rest_.empty() ? std::optional{0} : std::nullopt;
    int sign = accept('+') ? 1 : accept('-') ? -1 : 0;
    auto hour = digits(2);
    accept(':');
    auto minute = digits(2);
    if (sign == 0 || !hour || !minute || *hour > 23 || *minute > 59 || !rest_.empty())
      return std::nullopt;
    return sign * (*hour * 3600 + *minute * 60);
  }

private:
  std::string_view rest_;
};

} // namespace

std::string format_iso8601(int64_t unix_micros) {
  sys_time<microseconds> point{microseconds{std::clamp<int64_t>(unix_micros, 0, max_unix_micros)}};
  auto day = floor<days>(point);
  year_month_day date{day};
  hh_mm_ss time{point - day};
  char text[40];
  auto length = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                              static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                              static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                              static_cast<int>(time.seconds().count()));
  std::string out(text, static_cast<size_t>(length));
  if (auto micros = time.subseconds().count(); micros != 0) {
    std::snprintf(text, sizeof text, ".%06d", static_cast<int>(micros));
    out += text;
  }
  return out + "Z";
}

std::optional<int64_t> parse_iso8601(std::string_view text) {
  scanner in{text};
  auto y = in.digits(4);
  if (!y || *y < 1970 || !in.accept('-'))
    return std::nullopt;
  auto m = in.digits(2);
  if (!m || !in.accept('-'))
    return std::nullopt;
  auto d = in.digits(2);
  if (!d || !(in.accept('T') || in.accept(' ')))
    return std::nullopt;
  auto hour = in.digits(2);
  if (!hour || !in.accept(':'))
    return std::nullopt;
  auto minute = in.digits(2);
  if (!minute || !in.accept(':'))
    return std::nullopt;
  auto second = in.digits(2);
  std::optional<int64_t> micros = 0;
  if (second && in.accept('.'))
    micros = in.fraction();
  if (!second || !micros)
    return std::nullopt;
  auto offset = in.offset();
  year_month_day date{year{*y}, month{static_cast<unsigned>(*m)}, day{static_cast<unsigned>(*d)}};
  if (!offset || !date.ok() || *hour > 23 || *minute > 59 || *second > 59)
    return std::nullopt;
  auto point = sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second - *offset};
  auto unix_micros = duration_cast<microseconds>(point.time_since_epoch()).count() + *micros;
  if (unix_micros < 0 || unix_micros > max_unix_micros) // the offset may shift a valid date out of range
    return std::nullopt;
  return unix_micros;
}

int64_t now_unix_micros() {
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace hive
