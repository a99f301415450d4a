#pragma once

#include "actors/http/exchange.hpp"
#include "messages/json.hpp"

namespace hive::http {

/// Whether requests with this method carry their fields in a body instead of the query string.
bool has_body(method verb);

/// Whether a Content-Type means JSON in UTF-8.
bool is_json(std::string_view content_type);

/// Whether a Content-Type means newline-delimited JSON in UTF-8.
bool is_ndjson(std::string_view content_type);

namespace detail {

std::optional<json_error> fill(const request& from, capnp::DynamicStruct::Builder root);

/// Sets only the fields that the URL provides. The caller reads the other fields from the body and checks the result.
std::optional<json_error> fill_from_url(const request& from, capnp::DynamicStruct::Builder root);

} // namespace detail

/// Decodes a request into a message by one rule for all routes. Path parameters set the fields with their names. The
/// other fields are query parameters for GET and DELETE; for POST and PUT they are members of the body, except those
/// marked $query. A field marked $body takes the whole body. Values given twice must agree. The result has passed
/// `check`; on failure `why` names the parameter or the place in the body.
template <class T>
std::optional<msg<T>> read_request(const request& from, json_error& why) {
  capnp::MallocMessageBuilder scratch;
  auto root = scratch.initRoot<T>();
  if (auto wrong = detail::fill(from, root)) {
    why = std::move(*wrong);
    return std::nullopt;
  }
  return msg<T>::adopt(scratch);
}

} // namespace hive::http
