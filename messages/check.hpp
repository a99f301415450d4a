#pragma once

#include "messages/ec.hpp"

#include <caf/expected.hpp>
#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// A field that breaks a rule of its schema.
struct violation {
  std::string pointer; ///< where: a JSON pointer, such as /metrics/latency_ms/value
  std::string rule;    ///< what is wrong, such as "must be finite"
};

/// Checks a message against the rules that annotations.capnp puts on its fields (required, id, bounds, lengths,
/// finiteness, UTF-8), down to every nested struct. Reading a field of a message that passed cannot throw.
std::optional<violation> check(capnp::DynamicStruct::Reader message);

/// The largest encoded message of this type, from its $maxBytes; 1 MiB without it.
size_t max_bytes_of(capnp::StructSchema schema);

/// The JSON name of an enumerant: its $name, or the snake_case of its own.
std::string json_name(capnp::EnumSchema::Enumerant enumerant);

namespace detail {

/// Words of a Cap'n Proto stream with exactly one segment.
using shared_words = std::shared_ptr<const kj::Array<capnp::word>>;

/// The stream's segment table for one segment is one word.
inline constexpr size_t header_words = 1;

shared_words flatten(capnp::MessageBuilder& message);
shared_words flatten_reader(capnp::AnyStruct::Reader root);

/// Traversal is limited to 4 × the message's words (at least 1,024), nesting to 16; then the message is checked and
/// copied, so that what is returned is a single tidy segment whose pointers all hold.
caf::expected<shared_words> load(std::string_view bytes, capnp::StructSchema schema);

} // namespace detail
} // namespace hive
