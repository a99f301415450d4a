#pragma once

#include "messages/check.hpp"

#include <capnp/schema.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hive::ctl {

/// A measured value in at most six significant digits; "-" for NaN, which means that there is none.
std::string format_number(double value);

/// A change with its sign and two decimals, such as "-12.50%"; "-" for NaN.
std::string format_percent(double value);

/// Seconds with three decimals.
std::string format_seconds(double value);

std::string format_yes_no(bool value);

/// A point in time as ISO-8601; empty for 0, which means not given.
std::string format_time(int64_t unix_micros);

/// How long ago that was, in the largest unit that holds it at least once, such as "3 minutes ago"; "in 5 minutes" for
/// what lies ahead, since clocks differ; empty for 0.
std::string format_age(int64_t unix_micros, int64_t now_unix_micros);

/// A number of bytes in the largest binary unit that holds it at least once, such as "12.3 GiB".
std::string format_bytes(uint64_t bytes);

/// The JSON name of a value of a schema's enum.
template <class E>
std::string name_of(E value) {
  auto enumerants = capnp::Schema::from<E>().getEnumerants();
  return json_name(enumerants[static_cast<uint16_t>(value)]);
}

/// The reverse; nothing for a name that the enum does not have.
template <class E>
std::optional<E> value_of(std::string_view name) {
  for (auto enumerant : capnp::Schema::from<E>().getEnumerants())
    if (json_name(enumerant) == name)
      return static_cast<E>(enumerant.getOrdinal());
  return std::nullopt;
}

} // namespace hive::ctl
