#include "messages/annotations.hpp"

#include "messages/annotations.capnp.h"
#include "messages/check.hpp"

#include <map>
#include <mutex>
#include <shared_mutex>

namespace hive {
namespace {

/// The annotations' ids from annotations.capnp, for which the compiler emits no constants.
enum annotation_id : uint64_t {
  doc_id = 0xf2a4c0d1e83b6b01,
  max_bytes_id,
  name_id,
  key_id,
  body_id,
  query_id,
  required_id,
  id_id,
  max_length_id,
  min_id,
  max_id,
  unix_micros_id,
  nullable_id,
  omit_default_id,
  import_only_id,
  retired_id,
  json_id,
  also_number_id,
  tolerant_id = 0xf2a4c0d1e83b6b20,
};

std::string snake_case(kj::StringPtr camel) {
  std::string out;
  for (char c : camel) {
    bool upper = c >= 'A' && c <= 'Z';
    if (upper)
      out += '_';
    out += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

/// The value of the annotation `id` on a field, enumerant or type.
template <class Annotated>
std::optional<capnp::schema::Value::Reader> find_annotation(Annotated annotated, uint64_t id) {
  for (auto annotation : annotated.getProto().getAnnotations())
    if (annotation.getId() == id)
      return annotation.getValue();
  return std::nullopt;
}

template <class Annotated>
std::string name_of(Annotated annotated) {
  if (auto given = find_annotation(annotated, name_id))
    return given->getText().cStr();
  return snake_case(annotated.getProto().getName());
}

std::optional<capnp::StructSchema::Field> key_of_elements(capnp::Type type) {
  if (!type.isList() || !type.asList().getElementType().isStruct())
    return std::nullopt;
  for (auto field : type.asList().getElementType().asStruct().getFields())
    if (find_annotation(field, key_id))
      return field;
  return std::nullopt;
}

field_rules read_rules(capnp::StructSchema::Field field) {
  field_rules rules;
  rules.field = field;
  rules.type = field.getType().which();
  rules.json_name = name_of(field);
  rules.element_key = key_of_elements(field.getType());
  for (auto annotation : field.getProto().getAnnotations()) {
    auto value = annotation.getValue();
    switch (annotation.getId()) {
    case doc_id:
      rules.doc = value.getText().cStr();
      break;
    case key_id:
      rules.key = true;
      break;
    case body_id:
      rules.body = true;
      break;
    case query_id:
      rules.query = true;
      break;
    case required_id:
      rules.required = true;
      break;
    case id_id:
      rules.id = true;
      break;
    case max_length_id:
      rules.max_length = rules.max_elements = value.getUint32();
      break;
    case min_id:
      rules.min = value.getFloat64();
      break;
    case max_id:
      rules.max = value.getFloat64();
      break;
    case unix_micros_id:
      rules.unix_micros = true;
      break;
    case nullable_id:
      rules.nullable = true;
      break;
    case omit_default_id:
      rules.omit_default = true;
      break;
    case import_only_id:
      rules.import_only = true;
      break;
    case json_id:
      rules.json = true;
      break;
    case also_number_id:
      rules.also_number = true;
      break;
    default:
      break;
    }
  }
  return rules;
}

struct struct_rules {
  bool tolerant = false;
  std::vector<field_rules> fields;
  std::map<std::string, size_t, std::less<>> by_json_name;
};

struct_rules read_struct(capnp::StructSchema schema) {
  struct_rules rules;
  rules.tolerant = find_annotation(schema, tolerant_id).has_value();
  for (auto field : schema.getFields()) {
    if (find_annotation(field, retired_id))
      continue;
    rules.by_json_name.emplace(name_of(field), rules.fields.size());
    rules.fields.push_back(read_rules(field));
  }
  return rules;
}

/// Rules by schema. Entries are never removed, so references to them stay valid.
const struct_rules& rules_of(capnp::StructSchema schema) {
  static std::shared_mutex mutex;
  static std::map<uint64_t, struct_rules> known;
  auto id = schema.getProto().getId();
  {
    std::shared_lock lock{mutex};
    if (auto found = known.find(id); found != known.end())
      return found->second;
  }
  std::unique_lock lock{mutex};
  auto found = known.find(id);
  return found != known.end() ? found->second : known.emplace(id, read_struct(schema)).first->second;
}

} // namespace

const std::vector<field_rules>& field_rules::of(capnp::StructSchema schema) {
  return rules_of(schema).fields;
}

const field_rules* find_field(capnp::StructSchema schema, std::string_view json_name) {
  auto& rules = rules_of(schema);
  auto found = rules.by_json_name.find(json_name);
  return found == rules.by_json_name.end() ? nullptr : &rules.fields[found->second];
}

bool is_tolerant(capnp::StructSchema schema) {
  return rules_of(schema).tolerant;
}

std::string json_name(capnp::EnumSchema::Enumerant enumerant) {
  return name_of(enumerant);
}

std::string doc_of(capnp::Schema schema) {
  auto found = find_annotation(schema, doc_id);
  return found ? found->getText().cStr() : std::string{};
}

std::string doc_of(capnp::EnumSchema::Enumerant enumerant) {
  auto found = find_annotation(enumerant, doc_id);
  return found ? found->getText().cStr() : std::string{};
}

size_t max_bytes_of(capnp::StructSchema schema) {
  constexpr size_t default_max_bytes = 1 << 20;
  auto found = find_annotation(schema, max_bytes_id);
  return found ? found->getUint32() : default_max_bytes;
}

} // namespace hive
