#pragma once

#include "messages/check.hpp"

#include <capnp/schema.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hive::ctl {

/// A measured value with at most six significant digits; "-" for NaN, which means no value.
std::string format_number(double value);

/// A signed change with two decimals, such as "-12.50%"; "-" for NaN.
std::string format_percent(double value);

/// Seconds with three decimals.
std::string format_seconds(double value);

std::string format_yes_no(bool value);

/// A time in ISO-8601; empty for 0, which means absent.
std::string format_time(int64_t unix_micros);

/// The age of a time in the largest fitting unit, such as "3 minutes ago"; "in 5 minutes" for future times, since
/// clocks differ; empty for 0.
std::string format_age(int64_t unix_micros, int64_t now_unix_micros);

/// A number of bytes in the largest fitting binary unit, such as "12.3 GiB".
std::string format_bytes(uint64_t bytes);

/// The JSON name of a schema enum's value.
template <class E>
std::string name_of(E value) {
  return json_name(value);
}

/// The enum value with this JSON name, or nothing.
template <class E>
std::optional<E> value_of(std::string_view name) {
  for (auto enumerant : capnp::Schema::from<E>().getEnumerants())
    if (json_name(enumerant) == name)
      return static_cast<E>(enumerant.getOrdinal());
  return std::nullopt;
}

} // namespace hive::ctl
