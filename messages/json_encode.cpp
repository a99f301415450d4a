#include "messages/json.hpp"
#include "messages/json_maps.hpp"
#include "messages/json_text.hpp"
#include "messages/timestamp.hpp"

#include <capnp/compat/json.h>
#include <cmath>
#include <kj/encoding.h>

namespace hive {
namespace {

using capnp::DynamicEnum;
using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::DynamicValue;
using capnp::JsonValue;

template <class Integer>
void write_integer(Integer value, JsonValue::Builder out) {
  if (value > static_cast<Integer>(detail::max_exact_json_integer) ||
      (std::is_signed_v<Integer> && value < static_cast<Integer>(-detail::max_exact_json_integer)))
    out.setString(kj::str(value));
  else
    out.setNumber(static_cast<double>(value));
}

class encoder {
public:
  static void encode_struct(DynamicStruct::Reader value, JsonValue::Builder out, bool skip_key = false) {
    std::vector<const field_rules*> shown;
    for (const auto& field : field_rules::of(value.getSchema()))
      if (!(skip_key && field.key) && is_shown(value, field))
        shown.push_back(&field);
    auto members = out.initObject(static_cast<uint32_t>(shown.size()));
    for (uint32_t i = 0; i < shown.size(); ++i) {
      members[i].setName(shown[i]->json_name);
      encode_field(value, *shown[i], members[i].initValue());
    }
  }

private:
  static bool is_shown(DynamicStruct::Reader value, const field_rules& rules) {
    if (rules.import_only)
      return false;
    auto type = rules.field.getType();
    // Lists are always written, so that clients can iterate without a check; text and structs only when present.
    if (type.isText() || type.isData())
      return value.has(rules.field, capnp::HasMode::NON_NULL) && list_size(value.get(rules.field)) > 0;
    if (type.isStruct())
      return value.has(rules.field);
    if (rules.unix_micros)
      return value.get(rules.field).as<int64_t>() != 0;
    return !rules.omit_default || value.has(rules.field, capnp::HasMode::NON_DEFAULT);
  }

  static size_t list_size(DynamicValue::Reader value) {
    return value.getType() == DynamicValue::TEXT ? value.as<capnp::Text>().size() : value.as<capnp::Data>().size();
  }

  static void encode_field(DynamicStruct::Reader parent, const field_rules& rules, JsonValue::Builder out) {
    auto value = parent.get(rules.field);
    if (rules.unix_micros)
      out.setString(format_iso8601(value.as<int64_t>()));
    else if (rules.element_key)
      encode_keyed_list(value.as<DynamicList>(), *rules.element_key, out);
    else if (rules.json)
      encode_document(value.as<capnp::Text>(), out);
    else
      encode_value(value, out);
  }

  /// Text that is no JSON value, which only a message from elsewhere can hold, is shown as a string.
  static void encode_document(capnp::Text::Reader text, JsonValue::Builder out) {
    if (parse_json({text.begin(), text.size()}, out))
      out.setString(text);
  }

  static void encode_value(DynamicValue::Reader value, JsonValue::Builder out) {
    switch (value.getType()) {
    case DynamicValue::BOOL:
      out.setBoolean(value.as<bool>());
      return;
    case DynamicValue::INT:
      write_integer(value.as<int64_t>(), out);
      return;
    case DynamicValue::UINT:
      write_integer(value.as<uint64_t>(), out);
      return;
    case DynamicValue::FLOAT:
      encode_float(value.as<double>(), out);
      return;
    case DynamicValue::TEXT:
      out.setString(value.as<capnp::Text>());
      return;
    case DynamicValue::DATA:
      out.setString(kj::encodeHex(value.as<capnp::Data>()));
      return;
    case DynamicValue::ENUM:
      encode_enum(value.as<DynamicEnum>(), out);
      return;
    case DynamicValue::STRUCT:
      encode_struct(value.as<DynamicStruct>(), out);
      return;
    case DynamicValue::LIST:
      encode_list(value.as<DynamicList>(), out);
      return;
    default:
      out.setNull();
    }
  }

  /// JSON has neither NaN nor infinities; null means no number.
  static void encode_float(double value, JsonValue::Builder out) {
    if (std::isfinite(value))
      out.setNumber(value);
    else
      out.setNull();
  }

  static void encode_enum(DynamicEnum value, JsonValue::Builder out) {
    KJ_IF_MAYBE (enumerant, value.getEnumerant())
      out.setString(json_name(*enumerant));
    else
      out.setNumber(value.getRaw());
  }

  static void encode_list(DynamicList::Reader list, JsonValue::Builder out) {
    auto array = out.initArray(list.size());
    for (uint32_t i = 0; i < list.size(); ++i)
      encode_value(list[i], array[i]);
  }

  static void encode_keyed_list(DynamicList::Reader list, capnp::StructSchema::Field key, JsonValue::Builder out) {
    auto members = out.initObject(list.size());
    auto element = list.getSchema().getElementType().asStruct();
    bool of_scalars = detail::is_scalar_map(element);
    for (uint32_t i = 0; i < list.size(); ++i) {
      auto entry = list[i].as<DynamicStruct>();
      members[i].setName(entry.get(key).as<capnp::Text>());
      if (of_scalars)
        encode_field(entry, detail::scalar_field(element), members[i].initValue());
      else
        encode_struct(entry, members[i].initValue(), true);
    }
  }
};

} // namespace

namespace detail {

std::string encode_json(DynamicStruct::Reader root, bool pretty) {
  capnp::MallocMessageBuilder scratch;
  auto document = scratch.initRoot<JsonValue>();
  encoder::encode_struct(root, document);
  capnp::JsonCodec json;
  json.setPrettyPrint(pretty);
  auto text = json.encodeRaw(document);
  return {text.begin(), text.size()};
}

} // namespace detail
} // namespace hive
