#include "messages/annotations.hpp"

#include "messages/annotations.capnp.h"
#include "messages/check.hpp"

#include <bit>
#include <cmath>
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

capnp::schema::Type::Which which_elements(capnp::Type type) {
  return type.isList() ? type.asList().getElementType().which() : capnp::schema::Type::VOID;
}

uint64_t default_bits_of(capnp::schema::Value::Reader value) {
  using capnp::schema::Value;
  switch (value.which()) {
  case Value::BOOL:
    return value.getBool();
  case Value::INT8:
    return static_cast<uint8_t>(value.getInt8());
  case Value::INT16:
    return static_cast<uint16_t>(value.getInt16());
  case Value::INT32:
    return static_cast<uint32_t>(value.getInt32());
  case Value::INT64:
    return static_cast<uint64_t>(value.getInt64());
  case Value::UINT8:
    return value.getUint8();
  case Value::UINT16:
    return value.getUint16();
  case Value::UINT32:
    return value.getUint32();
  case Value::UINT64:
    return value.getUint64();
  case Value::FLOAT64:
    return std::bit_cast<uint64_t>(value.getFloat64());
  case Value::ENUM:
    return value.getEnum();
  default:
    return 0;
  }
}

/// Of a list the type of its elements.
capnp::Type innermost(capnp::Type type) {
  return type.isList() ? type.asList().getElementType() : type;
}

std::vector<std::string> choices_of(capnp::Type type) {
  type = innermost(type);
  std::vector<std::string> out;
  if (type.isEnum())
    for (auto enumerant : type.asEnum().getEnumerants())
      out.push_back(name_of(enumerant));
  return out;
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
  rules.element = which_elements(field.getType());
  auto slot = field.getProto().getSlot();
  rules.offset = slot.getOffset();
  rules.default_bits = default_bits_of(slot.getDefaultValue());
  rules.has_default_text = rules.type == capnp::schema::Type::TEXT && slot.getDefaultValue().getText().size() > 0;
  rules.choices = choices_of(field.getType());
  rules.json_name = name_of(field);
  rules.json_member = '"' + rules.json_name + "\":";
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

/// Whether not every value of its type is good.
bool can_be_wrong(const field_rules& field) {
  using capnp::schema::Type;
  switch (field.type) {
  case Type::VOID:
  case Type::BOOL:
    return false;
  case Type::INT8:
  case Type::INT16:
  case Type::INT32:
  case Type::INT64:
  case Type::UINT8:
  case Type::UINT16:
  case Type::UINT32:
  case Type::UINT64:
    return field.unix_micros || std::isfinite(field.min) || std::isfinite(field.max);
  default:
    return true;
  }
}

/// Rules by schema. Entries are never removed, so references to them stay valid.
class rules_table {
public:
  const struct_rules& of(capnp::StructSchema schema) {
    auto id = schema.getProto().getId();
    {
      std::shared_lock lock{mutex_};
      if (auto found = known_.find(id); found != known_.end())
        return found->second;
    }
    std::unique_lock lock{mutex_};
    return read(schema);
  }

private:
  /// A struct may contain itself, so it is known before its fields are read.
  const struct_rules& read(capnp::StructSchema schema) {
    auto [place, is_new] = known_.try_emplace(schema.getProto().getId());
    auto& rules = place->second;
    if (!is_new)
      return rules;
    KJ_REQUIRE(schema.getFields().size() <= struct_rules::max_fields, "a struct has too many fields");
    rules.tolerant = find_annotation(schema, tolerant_id).has_value();
    rules.data_words = schema.getProto().getStruct().getDataWordCount();
    rules.pointers = schema.getProto().getStruct().getPointerCount();
    for (auto field : schema.getFields())
      if (!find_annotation(field, retired_id)) {
        rules.fields.push_back(read_rules(field));
        if (auto type = innermost(field.getType()); type.isStruct())
          rules.fields.back().content = &read(type.asStruct());
      }
    for (const auto& field : rules.fields) {
      rules.by_json_name.emplace(field.json_name, &field);
      if (field.key)
        rules.key = &field;
      if (can_be_wrong(field))
        rules.checked.push_back(&field);
    }
    if (rules.key && rules.fields.size() == 2)
      rules.only_value = &rules.fields[rules.fields[0].key ? 1 : 0];
    return rules;
  }

  std::shared_mutex mutex_;
  std::map<uint64_t, struct_rules> known_;
};

} // namespace

const std::vector<field_rules>& field_rules::of(capnp::StructSchema schema) {
  return struct_rules::of(schema).fields;
}

const struct_rules& struct_rules::of(capnp::StructSchema schema) {
  static rules_table table;
  return table.of(schema);
}

const field_rules* struct_rules::find(std::string_view json_name) const {
  auto found = by_json_name.find(json_name);
  return found == by_json_name.end() ? nullptr : found->second;
}

const field_rules* find_field(capnp::StructSchema schema, std::string_view json_name) {
  return struct_rules::of(schema).find(json_name);
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
