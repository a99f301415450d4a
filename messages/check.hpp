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

/// A field that violates a rule of its schema.
struct violation {
  std::string pointer; ///< JSON pointer to the field, such as /metrics/latency_ms/value
  std::string rule;    ///< such as "must be finite"
};

/// Checks a message and all nested structs against the annotations of their fields (required, id, bounds, lengths,
/// finiteness, UTF-8). Reading a field of a message that passed cannot throw.
std::optional<violation> check(capnp::DynamicStruct::Reader message);

/// Size limit of an encoded message of this type in bytes: its $maxBytes, or 1 MiB.
size_t max_bytes_of(capnp::StructSchema schema);

/// The JSON name of an enumerant: its $name, or its own name in snake_case.
std::string json_name(capnp::EnumSchema::Enumerant enumerant);

/// The JSON name of a known value of an enum.
template <class E>
requires std::is_enum_v<E> std::string json_name(E value) {
  return json_name(capnp::Schema::from<E>().getEnumerants()[static_cast<uint16_t>(value)]);
}

namespace detail {

/// Words of a Cap'n Proto stream with exactly one segment.
using shared_words = std::shared_ptr<const kj::Array<capnp::word>>;

/// The stream's segment table for one segment is one word.
inline constexpr size_t header_words = 1;

/// Words that a builder takes first; it doubles them as a message grows. Cap'n Proto's own 1,024 have to be cleared for
/// each message, and most messages are far smaller.
inline constexpr unsigned first_segment_words = 128;

shared_words flatten(capnp::MessageBuilder& message);
shared_words flatten_reader(capnp::AnyStruct::Reader root);

/// Decodes and checks untrusted bytes, then copies them into a single segment whose pointers are all valid. Limits:
/// traversal of 4 × the message's words (at least 1,024), nesting of 16.
caf::expected<shared_words> load(std::string_view bytes, capnp::StructSchema schema);

/// The same for bytes that `flatten` made and a checksum has guarded since. They are copied as a whole where their
/// pointers leave no gaps, which takes a fraction of the time.
caf::expected<shared_words> load_stored(std::string_view bytes, capnp::StructSchema schema);

} // namespace detail
} // namespace hive
