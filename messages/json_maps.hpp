#pragma once

// internal: conventions shared by the JSON reader and writer.

#include "messages/annotations.hpp"

#include <cstdint>

namespace hive::detail {

/// Many JSON readers hold numbers as doubles and lose digits beyond this; larger integers are encoded as strings.
inline constexpr int64_t max_exact_json_integer = int64_t{1} << 53;

/// A keyed struct with exactly one other field is encoded as a map from key to that field's value.
inline bool is_scalar_map(capnp::StructSchema element) {
  return field_rules::of(element).size() == 2;
}

/// The field that holds the value in an element of a scalar map.
inline const field_rules& scalar_field(capnp::StructSchema element) {
  auto& fields = field_rules::of(element);
  return fields[0].key ? fields[1] : fields[0];
}

} // namespace hive::detail
