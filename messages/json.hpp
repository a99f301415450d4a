#pragma once

#include "messages/check.hpp"
#include "messages/msg.hpp"

#include <span>
#include <string>
#include <string_view>

namespace hive {

struct field_rules;

/// What was wrong with a JSON document, with the place for a problem's `pointer`.
struct json_error {
  ec code = ec::malformed;
  std::string pointer;
  std::string text;

  /// As one sentence that names the place.
  std::string message() const;
};

namespace detail {

/// Decodes `text` into `root` without running `check`. Returns nothing on success. The fields in `given` were set
/// before, from a URL: the document need not hold them, and where it does its value must be the same.
std::optional<json_error> decode_json(std::string_view text, capnp::DynamicStruct::Builder root,
                                      std::span<const field_rules* const> given = {});

/// The same for a document that is the value of one field, such as an array.
std::optional<json_error> decode_json_field(std::string_view text, capnp::DynamicStruct::Builder root,
                                            const field_rules& field);

/// Sets a field of `root` from text that stands outside JSON, such as a URL's parameter; a list is comma-separated and
/// its elements hold no commas. Returns what is wrong, without the field's name, or nothing on success.
std::optional<std::string> decode_text(std::string_view text, capnp::DynamicStruct::Builder root,
                                       const field_rules& field);
std::string encode_json(capnp::DynamicStruct::Reader root, bool pretty);

} // namespace detail

/// JSON of any message, by its schema: names in snake_case, enums as names, lists with a $key field as objects,
/// $unixMicros as ISO-8601, absent text left out, integers beyond ±2^53 as strings.
template <class T>
std::string to_json(const typename T::Reader& message) {
  return detail::encode_json(capnp::DynamicStruct::Reader{message}, false);
}

template <class T>
std::string to_json(const msg<T>& message) {
  return to_json<T>(*message);
}

/// The same over several lines, for people.
template <class T>
std::string to_pretty_json(const msg<T>& message) {
  return detail::encode_json(capnp::DynamicStruct::Reader{*message}, true);
}

/// Reads a JSON document strictly: an unknown, doubled or missing field, a wrong type, a value outside the field's
/// rules each is an error that names its place. On failure `why` says what and the result is empty.
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
