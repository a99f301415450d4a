#include "storage/hartos/json_object.hpp"

#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <cmath>

namespace hive {

using capnp::JsonValue;

std::optional<JsonValue::Reader> find_member(json_members object, std::string_view name) {
  for (auto member : object)
    if (as_view(member.getName()) == name)
      return member.getValue();
  return std::nullopt;
}

std::string text_member(json_members object, std::string_view name) {
  auto value = find_member(object, name);
  return value && value->isString() ? value->getString().cStr() : "";
}

std::optional<double> to_number(JsonValue::Reader value) {
  if (value.isNumber())
    return value.getNumber();
  if (value.isBoolean())
    return value.getBoolean() ? 1 : 0;
  return std::nullopt;
}

std::optional<double> number_member(json_members object, std::string_view name) {
  auto value = find_member(object, name);
  return value ? to_number(*value) : std::nullopt;
}

std::string quoted(std::string_view text) {
  capnp::MallocMessageBuilder scratch;
  auto value = scratch.initRoot<JsonValue>();
  value.setString(std::string{text});
  return capnp::JsonCodec{}.encodeRaw(value).cStr();
}

std::string number_text(double value) {
  capnp::MallocMessageBuilder scratch;
  auto out = scratch.initRoot<JsonValue>();
  out.setNumber(value);
  return capnp::JsonCodec{}.encodeRaw(out).cStr();
}

std::string iso8601_of(double seconds) {
  auto micros = std::round(seconds * micros_per_s);
  if (micros > 0 && micros <= static_cast<double>(max_unix_micros))
    return format_iso8601(static_cast<int64_t>(micros));
  return {};
}

std::string pretty(const std::string& document) {
  capnp::MallocMessageBuilder scratch;
  auto value = scratch.initRoot<JsonValue>();
  capnp::JsonCodec json;
  json.setPrettyPrint(true);
  json.decodeRaw(kj::arrayPtr(document.data(), document.size()), value);
  return json.encodeRaw(value).cStr();
}

object_text& object_text::add(std::string_view name, std::string_view json) {
  text_ += (text_.size() > 1 ? "," : "") + quoted(name) + ":" + std::string{json};
  return *this;
}

object_text& object_text::add_text(std::string_view name, std::string_view text) {
  return text.empty() ? *this : add(name, quoted(text));
}

} // namespace hive
