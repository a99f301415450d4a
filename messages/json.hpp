#pragma once

#include "messages/check.hpp"
#include "messages/msg.hpp"

#include <span>
#include <string>
#include <string_view>

namespace hive {

struct field_rules;

/// Why a JSON document was rejected, and where: `pointer` is a JSON pointer as in problem details.
struct json_error {
  ec code = ec::malformed;
  std::string pointer;
  std::string text;

  /// One sentence that says what is wrong and where.
  std::string message() const;
};

namespace detail {

/// Decodes `text` into `root` without running `check`. Returns nothing on success. `given` lists fields already set
/// from the URL: the document may omit them, but must not contradict them.
std::optional<json_error> decode_json(std::string_view text, capnp::DynamicStruct::Builder root,
                                      std::span<const field_rules* const> given = {});

/// Like decode_json, for a document that is the value of a single field, such as an array.
std::optional<json_error> decode_json_field(std::string_view text, capnp::DynamicStruct::Builder root,
                                            const field_rules& field);

/// Sets a field of `root` from plain text, such as a URL parameter. Lists are comma-separated, and their elements
/// cannot contain commas. Returns what is wrong, without the field's name, or nothing on success.
std::optional<std::string> decode_text(std::string_view text, capnp::DynamicStruct::Builder root,
                                       const field_rules& field);
std::string encode_json(capnp::DynamicStruct::Reader root, bool pretty);

} // namespace detail

/// Encodes a message as JSON according to its schema: names in snake_case, enums as names, lists with a $key field as
/// objects, $unixMicros as ISO-8601, absent text omitted, integers beyond ±2^53 as strings.
template <class T>
std::string to_json(const typename T::Reader& message) {
  return detail::encode_json(capnp::DynamicStruct::Reader{message}, false);
}

template <class T>
std::string to_json(const msg<T>& message) {
  return to_json<T>(*message);
}

/// Like to_json, but indented for people.
template <class T>
std::string to_pretty_json(const msg<T>& message) {
  return detail::encode_json(capnp::DynamicStruct::Reader{*message}, true);
}

/// Decodes a JSON document strictly: unknown, duplicate and missing fields, wrong types and values that violate the
/// field's rules are errors. On failure, returns nothing and sets `why`.
template <class T>
std::optional<msg<T>> from_json(std::string_view text, json_error& why) {
  capnp::MallocMessageBuilder scratch;
  auto root = scratch.initRoot<T>();
  if (auto error = detail::decode_json(text, root)) {
    why = std::move(*error);
    return std::nullopt;
  }
  if (auto broken = check(root.asReader())) {
    why = {ec::invalid, std::move(broken->pointer), std::move(broken->rule)};
    return std::nullopt;
  }
  return msg<T>::adopt(scratch);
}

template <class T>
caf::expected<msg<T>> from_json(std::string_view text) {
  json_error why;
  if (auto result = from_json<T>(text, why))
    return std::move(*result);
  return fail(why.code, why.message());
}

} // namespace hive
