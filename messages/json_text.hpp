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

/// Parses a JSON document (RFC 8259, UTF-8 without NUL, at most 32 levels of nesting and 500,000 values) into `out`.
/// Returns nothing on success, otherwise a sentence about "the document" that says what is wrong; `out` is then
/// unusable.
std::optional<std::string> parse_json(std::string_view text, capnp::JsonValue::Builder out);

/// Parses a document that must be a single object and returns its members, which live as long as `scratch`. Fails with
/// ec::malformed.
caf::expected<json_members> parse_json_object(std::string_view text, capnp::MallocMessageBuilder& scratch);

namespace detail {

/// The document with line breaks and blanks for people, of any size. Text that is no valid JSON stays as it is.
std::string indent_json(std::string_view text);

} // namespace detail
} // namespace hive
