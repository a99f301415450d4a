#include "messages/json.hpp"
#include "messages/json_maps.hpp"
#include "messages/json_scalars.hpp"
#include "messages/json_text.hpp"
#include "messages/timestamp.hpp"

#include <array>
#include <capnp/compat/json.h>
#include <charconv>
#include <cmath>
#include <kj/encoding.h>

namespace hive {
namespace {

using capnp::DynamicEnum;
using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::DynamicValue;
using capnp::JsonValue;

/// Writes a value into a tree, which is printed later.
class tree_writer {
public:
  class object {
  public:
    explicit object(capnp::List<JsonValue::Field>::Builder members) : members_{members} {
    }

    tree_writer member(kj::StringPtr name) {
      members_[next_].setName(name);
      return tree_writer{members_[next_++].initValue()};
    }

  private:
    capnp::List<JsonValue::Field>::Builder members_;
    uint32_t next_ = 0;
  };

  class array {
  public:
    explicit array(capnp::List<JsonValue>::Builder elements) : elements_{elements} {
    }

    tree_writer element() {
      return tree_writer{elements_[next_++]};
    }

  private:
    capnp::List<JsonValue>::Builder elements_;
    uint32_t next_ = 0;
  };

  explicit tree_writer(JsonValue::Builder out) : out_{out} {
  }

  void null() {
    out_.setNull();
  }
  void boolean(bool value) {
    out_.setBoolean(value);
  }
  void number(double value) {
    out_.setNumber(value);
  }
  void integer(int64_t value) {
    out_.setNumber(static_cast<double>(value));
  }
  void string(kj::StringPtr value) {
    out_.setString(value);
  }
  /// A document that is a value. Text that is none, which only a message from elsewhere can hold, is shown as a string.
  void document(kj::StringPtr text) {
    if (parse_json({text.begin(), text.size()}, out_))
      out_.setString(text);
  }

  /// An object of as many members, and an array of as many elements, which are then written one after the other.
  object begin_object(uint32_t members) {
    return object{out_.initObject(members)};
  }
  array begin_array(uint32_t elements) {
    return array{out_.initArray(elements)};
  }

private:
  JsonValue::Builder out_;
};

/// Writes a value as text at once, without blanks. Several times as fast as a tree.
class text_writer {
public:
  class object {
  public:
    explicit object(std::string& out) : out_{out} {
      out_ += '{';
    }
    object(const object&) = delete;
    object& operator=(const object&) = delete;
    ~object() {
      out_ += '}';
    }

    text_writer member(kj::StringPtr name) {
      if (out_.back() != '{')
        out_ += ',';
      text_writer{out_}.string(name);
      out_ += ':';
      return text_writer{out_};
    }

  private:
    std::string& out_;
  };

  class array {
  public:
    explicit array(std::string& out) : out_{out} {
      out_ += '[';
    }
    array(const array&) = delete;
    array& operator=(const array&) = delete;
    ~array() {
      out_ += ']';
    }

    text_writer element() {
      if (out_.back() != '[')
        out_ += ',';
      return text_writer{out_};
    }

  private:
    std::string& out_;
  };

  explicit text_writer(std::string& out) : out_{out} {
  }

  void null() {
    out_ += "null";
  }
  void boolean(bool value) {
    out_ += value ? "true" : "false";
  }
  void number(double value) {
    detail::write_number(value, out_);
  }
  void integer(int64_t value) {
    std::array<char, 24> text{};
    out_.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
  }
  void string(kj::StringPtr value) {
    detail::write_string({value.begin(), value.size()}, out_);
  }
  void document(kj::StringPtr text) {
    capnp::MallocMessageBuilder scratch;
    auto tree = scratch.initRoot<JsonValue>();
    tree_writer{tree}.document(text);
    auto encoded = capnp::JsonCodec{}.encodeRaw(tree);
    out_.append(encoded.begin(), encoded.size());
  }

  object begin_object(uint32_t) {
    return object{out_};
  }
  array begin_array(uint32_t) {
    return array{out_};
  }

private:
  std::string& out_;
};

template <class Writer, class Integer>
void write_integer(Integer value, Writer out) {
  if (value > static_cast<Integer>(detail::max_exact_json_integer) ||
      (std::is_signed_v<Integer> && value < static_cast<Integer>(-detail::max_exact_json_integer)))
    out.string(kj::str(value));
  else
    out.integer(static_cast<int64_t>(value));
}

template <class Writer>
class encoder {
public:
  static void encode_struct(DynamicStruct::Reader value, Writer out, bool skip_key = false) {
    uint32_t shown = 0;
    const auto& fields = field_rules::of(value.getSchema());
    std::vector<bool> is_member(fields.size());
    for (size_t i = 0; i < fields.size(); ++i) {
      is_member[i] = !(skip_key && fields[i].key) && is_shown(value, fields[i]);
      shown += is_member[i];
    }
    auto members = out.begin_object(shown);
    for (size_t i = 0; i < fields.size(); ++i)
      if (is_member[i])
        encode_field(value, fields[i], members.member(fields[i].json_name.c_str()));
  }

private:
  static bool is_shown(DynamicStruct::Reader value, const field_rules& rules) {
    if (rules.import_only)
      return false;
    using type = capnp::schema::Type;
    // Lists are always written, so that clients can iterate without a check; text and structs only when present.
    if (rules.type == type::TEXT || rules.type == type::DATA)
      return value.has(rules.field, capnp::HasMode::NON_NULL) && list_size(value.get(rules.field)) > 0;
    if (rules.type == type::STRUCT)
      return value.has(rules.field);
    if (rules.unix_micros)
      return value.get(rules.field).as<int64_t>() != 0;
    return !rules.omit_default || value.has(rules.field, capnp::HasMode::NON_DEFAULT);
  }

  static size_t list_size(DynamicValue::Reader value) {
    return value.getType() == DynamicValue::TEXT ? value.as<capnp::Text>().size() : value.as<capnp::Data>().size();
  }

  static void encode_field(DynamicStruct::Reader parent, const field_rules& rules, Writer out) {
    auto value = parent.get(rules.field);
    if (rules.unix_micros)
      out.string(format_iso8601(value.template as<int64_t>()).c_str());
    else if (rules.element_key)
      encode_keyed_list(value.template as<DynamicList>(), *rules.element_key, out);
    else if (rules.json)
      out.document(value.template as<capnp::Text>());
    else
      encode_value(value, out);
  }

  static void encode_value(const DynamicValue::Reader& value, Writer out) {
    switch (value.getType()) {
    case DynamicValue::BOOL:
      return out.boolean(value.as<bool>());
    case DynamicValue::INT:
      return write_integer(value.as<int64_t>(), out);
    case DynamicValue::UINT:
      return write_integer(value.as<uint64_t>(), out);
    case DynamicValue::FLOAT:
      return encode_float(value.as<double>(), out);
    case DynamicValue::TEXT:
      return out.string(value.as<capnp::Text>());
    case DynamicValue::DATA:
      return out.string(kj::encodeHex(value.as<capnp::Data>()));
    case DynamicValue::ENUM:
      return encode_enum(value.as<DynamicEnum>(), out);
    case DynamicValue::STRUCT:
      return encode_struct(value.as<DynamicStruct>(), out);
    case DynamicValue::LIST:
      return encode_list(value.as<DynamicList>(), out);
    default:
      out.null();
    }
  }

  /// JSON has neither NaN nor infinities; null means no number.
  static void encode_float(double value, Writer out) {
    if (std::isfinite(value))
      out.number(value);
    else
      out.null();
  }

  static void encode_enum(DynamicEnum value, Writer out) {
    KJ_IF_MAYBE (enumerant, value.getEnumerant())
      out.string(json_name(*enumerant).c_str());
    else
      out.number(value.getRaw());
  }

  static void encode_list(DynamicList::Reader list, Writer out) {
    auto array = out.begin_array(list.size());
    for (uint32_t i = 0; i < list.size(); ++i)
      encode_value(list[i], array.element());
  }

  static void encode_keyed_list(DynamicList::Reader list, capnp::StructSchema::Field key, Writer out) {
    auto members = out.begin_object(list.size());
    auto element = list.getSchema().getElementType().asStruct();
    bool of_scalars = detail::is_scalar_map(element);
    for (uint32_t i = 0; i < list.size(); ++i) {
      auto entry = list[i].template as<DynamicStruct>();
      auto member = members.member(entry.get(key).template as<capnp::Text>());
      if (of_scalars)
        encode_field(entry, detail::scalar_field(element), member);
      else
        encode_struct(entry, member, true);
    }
  }
};

} // namespace

namespace detail {

std::string encode_json(DynamicStruct::Reader root, bool pretty) {
  if (!pretty) {
    std::string out;
    encoder<text_writer>::encode_struct(root, text_writer{out});
    return out;
  }
  capnp::MallocMessageBuilder scratch;
  auto document = scratch.initRoot<JsonValue>();
  encoder<tree_writer>::encode_struct(root, tree_writer{document});
  capnp::JsonCodec json;
  json.setPrettyPrint(true);
  auto text = json.encodeRaw(document);
  return {text.begin(), text.size()};
}

} // namespace detail
} // namespace hive
