#pragma once

// internal: JSON values as trees.

#include "messages/json_scanner.hpp"

#include <capnp/compat/json.h>

namespace hive::detail {

/// Reads a value into `out`.
void read_tree(json_scanner& from, const json_scanner::value& value, capnp::JsonValue::Builder out);

} // namespace hive::detail
