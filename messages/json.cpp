#include "messages/json.hpp"

#include "messages/json_maps.hpp"
#include "messages/json_text.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <capnp/compat/json.h>
#include <charconv>
#include <cmath>
#include <kj/encoding.h>
#include <set>

namespace hive {
namespace {

using capnp::DynamicEnum;
using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::DynamicValue;
using capnp::JsonValue;

std::string_view view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

/// Used only in this file. `pointer` grows at its front as the stack unwinds.
struct decode_failure {
  std::string pointer;
  std::string text;
};

[[noreturn]] void refuse(std::string text) {
  throw decode_failure{"", std::move(text)};
}

/// Escapes `~` and `/` for a JSON pointer (RFC 6901).
std::string escape_pointer(std::string_view name) {
  std::string out;
  for (char c : name)
    out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

template <class Body>
void at(std::string_view member, Body&& body) {
  try {
    body();
  } catch (decode_failure& failure) {
    failure.pointer = "/" + escape_pointer(member) + failure.pointer;
    throw;
  }
}

const char* type_name(JsonValue::Reader value) {
  switch (value.which()) {
  case JsonValue::NULL_:
    return "null";
  case JsonValue::BOOLEAN:
    return "a boolean";
  case JsonValue::NUMBER:
    return "a number";
  case JsonValue::STRING:
    return "a string";
  case JsonValue::ARRAY:
    return "an array";
  case JsonValue::OBJECT:
    return "an object";
  default:
    return "a call";
  }
}

[[noreturn]] void wrong_type(const char* wanted, JsonValue::Reader got) {
  refuse(std::string{"must be "} + wanted + ", not " + type_name(got));
}

template <class Integer>
Integer to_integer(JsonValue::Reader value) {
  if (value.isString()) {
    auto text = view(value.getString());
    Integer out{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size())
      refuse("must be an integer");
    return out;
  }
  if (!value.isNumber())
    wrong_type("an integer", value);
  double number = value.getNumber();
  if (std::trunc(number) != number)
    refuse("must be an integer");
  if (std::abs(number) > static_cast<double>(detail::max_exact_json_integer))
    refuse("integers beyond 2^53 must be given as strings");
  if (number < static_cast<double>(std::numeric_limits<Integer>::min()) ||
      number > static_cast<double>(std::numeric_limits<Integer>::max()))
    refuse("is out of range");
  return static_cast<Integer>(number);
}

double to_float(JsonValue::Reader value, const field_rules* field) {
  if (value.isNull() && field && field->nullable)
    return std::numeric_limits<double>::quiet_NaN();
  if (!value.isNumber())
    wrong_type("a number", value);
  if (!std::isfinite(value.getNumber()))
    refuse("must be finite");
  return value.getNumber();
}

DynamicEnum to_enum(JsonValue::Reader value, capnp::EnumSchema schema) {
  if (!value.isString())
    wrong_type("a string", value);
  std::string choices;
  for (auto enumerant : schema.getEnumerants()) {
    auto name = json_name(enumerant);
    if (name == view(value.getString()))
      return DynamicEnum{enumerant};
    choices += (choices.empty() ? "" : ", ") + name;
  }
  refuse("must be one of " + choices);
}

capnp::Text::Reader to_text(JsonValue::Reader value) {
  if (!value.isString())
    wrong_type("a string", value);
  return value.getString();
}

int64_t to_micros(JsonValue::Reader value) {
  if (auto micros = parse_iso8601(view(to_text(value))))
    return *micros;
  refuse("must be an ISO-8601 time in UTC such as 2026-02-24T12:00:00Z");
}

void text_to_json(std::string_view text, capnp::Type type, JsonValue::Builder out);

/// Splits at commas; an empty text is an empty list.
void list_to_json(std::string_view text, capnp::Type element, JsonValue::Builder out) {
  auto count = text.empty() ? 0 : std::count(text.begin(), text.end(), ',') + 1;
  auto array = out.initArray(static_cast<uint32_t>(count));
  for (auto slot : array) {
    auto comma = text.find(',');
    if (comma == 0 || text.empty())
      refuse("has a comma too many");
    text_to_json(text.substr(0, comma), element, slot);
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
  }
}

/// Converts a parameter's text to the JSON value that a body would hold for a field of this type.
void text_to_json(std::string_view text, capnp::Type type, JsonValue::Builder out) {
  switch (type.which()) {
  case capnp::schema::Type::BOOL:
    if (text != "true" && text != "false")
      refuse("must be true or false");
    out.setBoolean(text == "true");
    return;
  case capnp::schema::Type::FLOAT64: {
    double number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
      refuse("must be a number");
    out.setNumber(number);
    return;
  }
  case capnp::schema::Type::LIST:
    list_to_json(text, type.asList().getElementType(), out);
    return;
  case capnp::schema::Type::STRUCT:
    refuse("cannot be given in a URL");
  default:
    // Integers, enums, times and text are all decoded from strings.
    out.initString(static_cast<uint32_t>(text.size()));
    std::copy(text.begin(), text.end(), out.getString().begin());
  }
}

/// Whether a list or struct has the right kind of JSON value. Scalars are checked when they are decoded.
bool has_shape_of(const field_rules& rules, JsonValue::Reader value) {
  auto type = rules.field.getType();
  if (value.isNull())
    return true;
  if (type.isStruct() || rules.element_key)
    return value.isObject();
  return !type.isList() || value.isArray();
}

class decoder {
public:
  using given_fields = std::span<const field_rules* const>;

  static void decode_struct(JsonValue::Reader value, DynamicStruct::Builder out, bool skip_key = false,
                            given_fields given = {}) {
    if (!value.isObject())
      wrong_type("an object", value);
    auto& fields = field_rules::of(out.getSchema());
    bool tolerant = is_tolerant(out.getSchema());
    std::vector<bool> seen(fields.size());
    for (auto member : value.getObject()) {
      auto name = view(member.getName());
      auto* field = find_field(out.getSchema(), name);
      if (tolerant && (!field || (!field->required && !has_shape_of(*field, member.getValue()))))
        continue;
      at(name, [&] {
        if (!field || (skip_key && field->key))
          refuse("is not a known field");
        auto already = seen[static_cast<size_t>(field - fields.data())];
        if (already)
          refuse("is given twice");
        already = true;
        if (is_in(given, *field))
          require_same(member.getValue(), out, *field);
        else
          decode_field(member.getValue(), out, *field);
      });
    }
    for (size_t i = 0; i < fields.size(); ++i)
      if (fields[i].required && !seen[i] && !(skip_key && fields[i].key) && !is_in(given, fields[i]))
        at(fields[i].json_name, [] { refuse("is required"); });
  }

  static void decode_field(JsonValue::Reader value, DynamicStruct::Builder out, const field_rules& rules) {
    auto field = rules.field;
    auto type = field.getType();
    if (value.isNull() && !rules.nullable && !rules.required)
      return; // null means not given
    if (rules.json) {
      auto text = capnp::JsonCodec{}.encodeRaw(value);
      out.set(field, capnp::Text::Reader{text});
      return;
    }
    if (rules.also_number && value.isNumber()) {
      auto text = kj::str(value.getNumber());
      out.set(field, capnp::Text::Reader{text});
      return;
    }
    switch (type.which()) {
    case capnp::schema::Type::STRUCT:
      decode_struct(value, out.init(field).as<DynamicStruct>());
      return;
    case capnp::schema::Type::LIST:
      if (rules.element_key)
        decode_keyed_list(value, out, rules);
      else
        decode_list(value, out, field);
      return;
    default:
      out.set(field, scalar(value, type, &rules));
    }
  }

private:
  static bool is_in(given_fields given, const field_rules& field) {
    return std::find(given.begin(), given.end(), &field) != given.end();
  }

  static void require_same(JsonValue::Reader value, DynamicStruct::Builder out, const field_rules& rules) {
    capnp::MallocMessageBuilder scratch;
    auto other = scratch.initRoot<DynamicStruct>(out.getSchema());
    decode_field(value, other, rules);
    if (kj::str(other.asReader().get(rules.field)) != kj::str(out.asReader().get(rules.field)))
      refuse("must be the same as in the URL");
  }

  static DynamicValue::Reader scalar(JsonValue::Reader value, capnp::Type type, const field_rules* rules) {
    switch (type.which()) {
    case capnp::schema::Type::BOOL:
      if (!value.isBoolean())
        wrong_type("true or false", value);
      return value.getBoolean();
    case capnp::schema::Type::INT32:
      return to_integer<int32_t>(value);
    case capnp::schema::Type::INT64:
      return rules && rules->unix_micros ? to_micros(value) : to_integer<int64_t>(value);
    case capnp::schema::Type::UINT8:
      return to_integer<uint8_t>(value);
    case capnp::schema::Type::UINT16:
      return to_integer<uint16_t>(value);
    case capnp::schema::Type::UINT32:
      return to_integer<uint32_t>(value);
    case capnp::schema::Type::UINT64:
      return to_integer<uint64_t>(value);
    case capnp::schema::Type::FLOAT64:
      return to_float(value, rules);
    case capnp::schema::Type::ENUM:
      return to_enum(value, type.asEnum());
    case capnp::schema::Type::TEXT:
      return to_text(value);
    default:
      refuse("cannot be given as JSON");
    }
  }

  static void decode_list(JsonValue::Reader value, DynamicStruct::Builder out, capnp::StructSchema::Field field) {
    if (!value.isArray())
      wrong_type("an array", value);
    auto array = value.getArray();
    auto list = out.init(field, array.size()).as<DynamicList>();
    auto element = list.getSchema().getElementType();
    for (uint32_t i = 0; i < array.size(); ++i) {
      at(std::to_string(i), [&] {
        if (element.isStruct())
          decode_struct(array[i], list[i].as<DynamicStruct>());
        else
          list.set(i, scalar(array[i], element, nullptr));
      });
    }
  }

  static void decode_keyed_list(JsonValue::Reader value, DynamicStruct::Builder out, const field_rules& rules) {
    if (!value.isObject())
      wrong_type("an object", value);
    auto members = value.getObject();
    auto list = out.init(rules.field, members.size()).as<DynamicList>();
    auto element = list.getSchema().getElementType().asStruct();
    bool of_scalars = detail::is_scalar_map(element);
    std::set<std::string_view> seen;
    for (uint32_t i = 0; i < members.size(); ++i) {
      auto name = view(members[i].getName());
      at(name, [&] {
        if (!seen.insert(name).second)
          refuse("is given twice");
        auto entry = list[i].as<DynamicStruct>();
        entry.set(*rules.element_key, members[i].getName());
        if (of_scalars)
          decode_field(members[i].getValue(), entry, detail::scalar_field(element));
        else
          decode_struct(members[i].getValue(), entry, true);
      });
    }
  }
};

/// Parses a document and passes it to `decode`.
template <class Decode>
std::optional<json_error> read_document(std::string_view text, Decode&& decode) {
  capnp::MallocMessageBuilder scratch;
  auto document = scratch.initRoot<JsonValue>();
  if (auto wrong = parse_json(text, document))
    return json_error{ec::malformed, "", std::move(*wrong)};
  try {
    decode(document.asReader());
  } catch (decode_failure& failure) {
    return json_error{ec::invalid, std::move(failure.pointer), std::move(failure.text)};
  } catch (const kj::Exception& e) {
    return json_error{ec::malformed, "", std::string{"the document cannot be taken: "} + e.getDescription().cStr()};
  }
  return std::nullopt;
}

} // namespace

std::string json_error::message() const {
  return pointer.empty() ? text : pointer + " " + text;
}

namespace detail {

std::optional<json_error> decode_json(std::string_view text, DynamicStruct::Builder root,
                                      std::span<const field_rules* const> given) {
  return read_document(text, [&](JsonValue::Reader document) { decoder::decode_struct(document, root, false, given); });
}

std::optional<json_error> decode_json_field(std::string_view text, DynamicStruct::Builder root,
                                            const field_rules& field) {
  return read_document(text, [&](JsonValue::Reader document) { decoder::decode_field(document, root, field); });
}

std::optional<std::string> decode_text(std::string_view text, DynamicStruct::Builder root, const field_rules& field) {
  if (!is_utf8(text))
    return "is not UTF-8 text without NUL";
  capnp::MallocMessageBuilder scratch;
  auto value = scratch.initRoot<JsonValue>();
  try {
    text_to_json(text, field.field.getType(), value);
    decoder::decode_field(value, root, field);
  } catch (decode_failure& failure) {
    return std::move(failure.text);
  }
  return std::nullopt;
}

} // namespace detail
} // namespace hive
