#pragma once

#include "actors/http/exchange.hpp"
#include "messages/json.hpp"

namespace hive::http {

/// Whether requests of this method carry their fields in a body rather than in the query string.
bool has_body(method verb);

/// Whether a Content-Type means JSON in UTF-8.
bool is_json(std::string_view content_type);

/// Whether a Content-Type means JSON documents in UTF-8, one on each line.
bool is_ndjson(std::string_view content_type);

namespace detail {

std::optional<json_error> fill(const request& from, capnp::DynamicStruct::Builder root);

/// Only what the URL gives. The body is the caller's to read into the other fields, and all of them its to check.
std::optional<json_error> fill_from_url(const request& from, capnp::DynamicStruct::Builder root);

} // namespace detail

/// Makes a message out of a request by one rule for all routes: path parameters set the fields of their name; the
/// other fields are query parameters on GET and DELETE, and on POST and PUT members of the body, but for those marked
/// $query. A field marked $body takes the whole body. What is given twice must agree. The result has passed
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
