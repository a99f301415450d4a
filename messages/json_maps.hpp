#pragma once

// internal: what reading and writing JSON must agree on.

#include "messages/annotations.hpp"

#include <cstdint>

namespace hive::detail {

/// Integers beyond this lose digits in readers that hold numbers as doubles, so they travel as strings.
inline constexpr int64_t max_exact_json_integer = int64_t{1} << 53;

/// A keyed struct with one further field is a plain map from key to that field's value.
inline bool is_scalar_map(capnp::StructSchema element) {
  return field_rules::of(element).size() == 2;
}

/// That further field.
inline const field_rules& scalar_field(capnp::StructSchema element) {
  auto& fields = field_rules::of(element);
  return fields[0].key ? fields[1] : fields[0];
}

} // namespace hive::detail
