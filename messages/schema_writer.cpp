#include "messages/schema_writer.hpp"

#include "messages/check.hpp"

#include <algorithm>
#include <capnp/dynamic.h>
#include <cmath>

namespace hive {
namespace {

std::string number(double value) {
  return kj::str(value).cStr();
}

/// A keyed element with exactly one other field is a map from key to that field's value, see messages/json.cpp.
const field_rules* only_value(const std::vector<field_rules>& fields) {
  if (fields.size() != 2)
    return nullptr;
  return fields[0].key ? &fields[1] : &fields[0];
}

} // namespace

std::string schema_name(capnp::Schema schema) {
  return schema.getShortDisplayName().cStr();
}

void schema_writer::refer(capnp::Schema to) {
  auto name = schema_name(to);
  definitions_.try_emplace(name, definition{to});
  out_.member("$ref", definitions_at_ + name);
}

void schema_writer::reference(capnp::StructSchema to) {
  out_.object([&] { refer(to); });
}

void schema_writer::field_value(const field_rules& field) {
  out_.object([&] {
    auto type = field.field.getType();
    if (type.isList())
      list(type, field);
    else if (type.isStruct())
      refer(type.asStruct());
    else if (!field.json) // any value
      scalar(type, &field);
    if (!field.doc.empty())
      out_.member("description", field.doc);
    if (field.import_only)
      out_.member("writeOnly", true);
    default_of(field);
  });
}

void schema_writer::object(capnp::StructSchema schema, std::span<const field_rules* const> left_out) {
  out_.object([&] { members_of_object(schema, left_out); });
}

void schema_writer::document(capnp::StructSchema schema, std::span<const field_rules* const> left_out, bool is_closed) {
  out_.object([&] {
    members_of_object(schema, left_out);
    if (is_closed)
      out_.member("additionalProperties", false);
    if (!definitions_.empty())
      out_.object("$defs", [&] { definitions(); });
  });
}

void schema_writer::members_of_object(capnp::StructSchema schema, std::span<const field_rules* const> left_out) {
  std::vector<const field_rules*> shown;
  for (const auto& field : field_rules::of(schema))
    if (!field.key && std::find(left_out.begin(), left_out.end(), &field) == left_out.end())
      shown.push_back(&field);
  out_.member("type", "object");
  if (auto doc = doc_of(schema); !doc.empty())
    out_.member("description", doc);
  out_.object("properties", [&] {
    for (auto* field : shown) {
      out_.name(field->json_name);
      field_value(*field);
    }
  });
  if (std::none_of(shown.begin(), shown.end(), [](auto* field) { return field->required; }))
    return;
  out_.array("required", [&] {
    for (auto* field : shown)
      if (field->required)
        out_.element(field->json_name);
  });
}

void schema_writer::definitions() {
  // Writing a definition may add others, anywhere in name order.
  for (;;) {
    auto next =
      std::find_if(definitions_.begin(), definitions_.end(), [](auto& entry) { return !entry.second.written; });
    if (next == definitions_.end())
      return;
    next->second.written = true;
    auto schema = next->second.schema;
    out_.name(next->first);
    if (schema.getProto().isEnum())
      enumeration(schema.asEnum());
    else
      object(schema.asStruct(), {});
  }
}

void schema_writer::scalar(capnp::Type type, const field_rules* rules) {
  switch (type.which()) {
  case capnp::schema::Type::BOOL:
    out_.member("type", "boolean");
    return;
  case capnp::schema::Type::ENUM:
    refer(type.asEnum());
    return;
  case capnp::schema::Type::TEXT:
    text(rules);
    return;
  case capnp::schema::Type::DATA:
    out_.member("type", "string");
    out_.member("pattern", "^([0-9a-f]{2})*$");
    return;
  case capnp::schema::Type::FLOAT64:
    if (rules && rules->nullable)
      out_.array("type", [&] {
        out_.element("number");
        out_.element("null");
      });
    else
      out_.member("type", "number");
    out_.member("format", "double");
    bounds(-INFINITY, INFINITY, rules);
    return;
  default:
    integer(type, rules);
  }
}

void schema_writer::integer(capnp::Type type, const field_rules* rules) {
  if (rules && rules->unix_micros) {
    out_.member("type", "string");
    out_.member("format", "date-time");
    return;
  }
  switch (type.which()) {
  case capnp::schema::Type::UINT8:
    out_.member("type", "integer");
    return bounds(0, UINT8_MAX, rules);
  case capnp::schema::Type::UINT16:
    out_.member("type", "integer");
    return bounds(0, UINT16_MAX, rules);
  case capnp::schema::Type::UINT32:
    out_.member("type", "integer");
    return bounds(0, UINT32_MAX, rules);
  case capnp::schema::Type::INT32:
    out_.member("type", "integer");
    out_.member("format", "int32");
    return bounds(-INFINITY, INFINITY, rules);
  default:
    break;
  }
  // 64-bit values beyond 2^53 are encoded as strings.
  bool is_signed = type.isInt64();
  out_.array("type", [&] {
    out_.element("integer");
    out_.element("string");
  });
  out_.member("pattern", is_signed ? "^-?[0-9]+$" : "^[0-9]+$");
  bounds(is_signed ? -INFINITY : 0, INFINITY, rules);
}

void schema_writer::text(const field_rules* rules) {
  if (rules && rules->also_number)
    return out_.array("type", [&] {
      out_.element("string");
      out_.element("number");
    });
  out_.member("type", "string");
  if (!rules)
    return out_.number("maxLength", std::to_string(field_rules::default_max_length));
  if (rules->id)
    return out_.member("pattern", "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$");
  if (rules->required)
    out_.number("minLength", "1");
  out_.number("maxLength", std::to_string(rules->max_length));
}

void schema_writer::list(capnp::Type type, const field_rules& rules) {
  auto element = type.asList().getElementType();
  bool bounded = rules.max_elements != std::numeric_limits<uint32_t>::max();
  if (rules.element_key) {
    out_.member("type", "object");
    if (bounded)
      out_.number("maxProperties", std::to_string(rules.max_elements));
    out_.name("additionalProperties");
    if (auto* value = only_value(field_rules::of(element.asStruct())))
      field_value(*value);
    else
      reference(element.asStruct());
    return;
  }
  out_.member("type", "array");
  if (rules.required)
    out_.number("minItems", "1");
  if (bounded)
    out_.number("maxItems", std::to_string(rules.max_elements));
  out_.object("items", [&] {
    if (element.isStruct())
      refer(element.asStruct());
    else
      scalar(element, nullptr);
  });
}

void schema_writer::bounds(double lowest, double highest, const field_rules* rules) {
  if (rules) {
    lowest = std::max(lowest, rules->min);
    highest = std::min(highest, rules->max);
  }
  if (std::isfinite(lowest))
    out_.number("minimum", number(lowest));
  if (std::isfinite(highest))
    out_.number("maximum", number(highest));
}

/// Only defaults stated in the schema file; implicit ones (zero or absent) carry no information.
void schema_writer::default_of(const field_rules& rules) {
  auto proto = rules.field.getProto();
  if (!proto.isSlot() || !proto.getSlot().getHadExplicitDefault())
    return;
  capnp::MallocMessageBuilder scratch;
  auto value = scratch.initRoot<capnp::DynamicStruct>(rules.field.getContainingStruct()).asReader().get(rules.field);
  switch (value.getType()) {
  case capnp::DynamicValue::BOOL:
    return out_.member("default", value.as<bool>());
  case capnp::DynamicValue::FLOAT:
    if (std::isfinite(value.as<double>()))
      out_.number("default", number(value.as<double>()));
    return;
  case capnp::DynamicValue::ENUM:
    KJ_IF_MAYBE (enumerant, value.as<capnp::DynamicEnum>().getEnumerant())
      out_.member("default", json_name(*enumerant));
    return;
  case capnp::DynamicValue::TEXT:
    return out_.member("default", value.as<capnp::Text>().cStr());
  default:
    return out_.number("default", kj::str(value).cStr());
  }
}

void schema_writer::enumeration(capnp::EnumSchema schema) {
  std::string description = doc_of(schema);
  for (auto enumerant : schema.getEnumerants())
    if (auto doc = doc_of(enumerant); !doc.empty())
      description.append(description.empty() ? "" : " ").append(json_name(enumerant)).append(": ").append(doc);
  out_.object([&] {
    out_.member("type", "string");
    if (!description.empty())
      out_.member("description", description);
    out_.array("enum", [&] {
      for (auto enumerant : schema.getEnumerants())
        out_.element(json_name(enumerant));
    });
  });
}

} // namespace hive
