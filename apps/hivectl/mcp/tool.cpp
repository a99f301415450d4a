#include "apps/hivectl/mcp/tool.hpp"

#include "messages/annotations.hpp"
#include "messages/json_text.hpp"
#include "messages/schema_writer.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <capnp/dynamic.h>

namespace hive::ctl::mcp {
namespace {

std::string text_of_scalar(capnp::DynamicValue::Reader value) {
  switch (value.getType()) {
  case capnp::DynamicValue::TEXT:
    return value.as<capnp::Text>().cStr();
  case capnp::DynamicValue::ENUM:
    KJ_IF_MAYBE (enumerant, value.as<capnp::DynamicEnum>().getEnumerant())
      return json_name(*enumerant);
    return {};
  default:
    return kj::str(value).cStr();
  }
}

caf::expected<std::string> text_of_value(capnp::DynamicValue::Reader value, const field_rules& field) {
  if (value.getType() != capnp::DynamicValue::LIST)
    return text_of_scalar(value);
  std::string out;
  for (auto element : value.as<capnp::DynamicList>()) {
    auto text = text_of_scalar(element);
    if (text.find(',') != text.npos)
      return fail(ec::invalid, "wrong arguments: /" + field.json_name + ": \"" + text + "\" must have no comma");
    out.append(out.empty() ? "" : ",").append(text);
  }
  return out;
}

} // namespace

namespace detail {

std::string schema_of(capnp::StructSchema schema, const std::vector<std::string>& left_out, bool is_closed) {
  std::vector<const field_rules*> hidden;
  for (const auto& name : left_out)
    if (auto* field = find_field(schema, name))
      hidden.push_back(field);
  json_builder out;
  schema_writer{out, "#/$defs/"}.document(schema, hidden, is_closed);
  return std::move(out).take();
}

caf::error refuse_left_out(std::string_view arguments, const std::vector<std::string>& left_out) {
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(arguments, scratch);
  if (!members)
    return fail(ec::invalid, "wrong arguments: " + text_of(members.error()));
  for (auto member : *members)
    if (std::ranges::find(left_out, std::string{member.getName().cStr()}) != left_out.end())
      return fail(ec::invalid, std::string{"wrong arguments: /"} + member.getName().cStr() + " is not a known field");
  return caf::none;
}

} // namespace detail

caf::expected<std::string> query_of(capnp::DynamicStruct::Reader question, const std::vector<std::string>& in_path) {
  std::string out;
  for (const auto& field : field_rules::of(question.getSchema())) {
    if (std::ranges::find(in_path, field.json_name) != in_path.end() ||
        !question.has(field.field, capnp::HasMode::NON_DEFAULT))
      continue;
    auto text = text_of_value(question.get(field.field), field);
    if (!text)
      return text.error();
    out.append(out.empty() ? "?" : "&").append(field.json_name).append("=").append(http::url_encode(*text));
  }
  return out;
}

} // namespace hive::ctl::mcp
