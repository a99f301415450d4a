#include "actors/http/route.hpp"

#include "messages/annotations.hpp"
#include "platform/http_client.hpp"

namespace hive::http {

std::string_view to_string(method verb) {
  switch (verb) {
  case method::get:
    return "GET";
  case method::post:
    return "POST";
  case method::put:
    return "PUT";
  case method::delete_:
    return "DELETE";
  }
  return "";
}

namespace detail {

std::string fill_location(std::string_view location, capnp::DynamicStruct::Reader answer) {
  std::string out;
  while (!location.empty()) {
    auto open = location.find('{');
    out += location.substr(0, open);
    if (open == location.npos)
      break;
    auto close = location.find('}', open);
    auto* field = find_field(answer.getSchema(), location.substr(open + 1, close - open - 1));
    if (field && field->field.getType().isText())
      out += url_encode(answer.get(field->field).as<capnp::Text>().cStr());
    else if (field)
      out += kj::str(answer.get(field->field)).cStr(); // a number
    location.remove_prefix(close + 1);
  }
  return out;
}

response to_head(const success& how, capnp::DynamicStruct::Reader answer) {
  response out{.status = how.status, .body = {}, .headers = {}, .failure = {}};
  if (!how.location.empty())
    out.headers.emplace_back("Location", fill_location(how.location, answer));
  return out;
}

bool has_acceptable_content(const exchange& incoming) {
  auto& request = incoming.request();
  return request.body.empty() || request.verb == method::get || is_json(request.content_type);
}

} // namespace detail

route route::raw(method verb, std::string path, std::string summary, std::string media_type,
                 std::function<void(exchange_ptr)> handle) {
  route out;
  out.verb = verb;
  out.path = std::move(path);
  out.summary = std::move(summary);
  out.media_type = std::move(media_type);
  out.handle = std::move(handle);
  out.access = verb == method::get ? role::read : verb == method::delete_ ? role::operate : role::record;
  return out;
}

route route::for_role(role needed) && {
  access = needed;
  return std::move(*this);
}

route route::with_token() && {
  asks_for_token = true;
  return std::move(*this);
}

route route::with_acts() && {
  may_operate = true;
  return std::move(*this).with_token();
}

route route::with_long_wait() && {
  waits_long = true;
  return std::move(*this);
}

route route::with_large_answers() && {
  has_large_answers = true;
  return std::move(*this);
}

} // namespace hive::http
