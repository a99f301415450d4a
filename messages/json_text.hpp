#pragma once

#include <caf/expected.hpp>
#include <capnp/compat/json.h>
#include <capnp/message.h>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// Members of a JSON object.
using json_members = capnp::List<capnp::JsonValue::Field>::Reader;

/// Reads a JSON document (RFC 8259, UTF-8 without NUL, nested at most 32 deep, at most 500,000 values) into `out`.
/// Nothing on success, otherwise what is wrong with it, as a sentence about "the document"; `out` holds nothing of use
/// then.
std::optional<std::string> parse_json(std::string_view text, capnp::JsonValue::Builder out);

/// The members of a document that is one object; they live as long as `scratch`. ec::malformed: not JSON, or no object.
caf::expected<json_members> parse_json_object(std::string_view text, capnp::MallocMessageBuilder& scratch);

} // namespace hive
