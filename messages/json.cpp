#include "messages/json.hpp"

#include "messages/json_maps.hpp"
#include "messages/json_scanner.hpp"
#include "messages/json_tree.hpp"
#include "messages/struct_view.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <bitset>
#include <capnp/compat/json.h>
#include <charconv>
#include <cmath>
#include <functional>

namespace hive {
namespace {

using capnp::DynamicStruct;
using capnp::schema::Type;
using detail::json_scanner;
using detail::struct_filler;
using simdjson::ondemand::json_type;
using scanned = json_scanner::value;

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

/// Names of places are made only when something fails there.
std::string name_of_place(std::string_view member) {
  return escape_pointer(member);
}
std::string name_of_place(uint32_t element) {
  return std::to_string(element);
}

template <class Place, class Body>
void at(Place place, Body&& body) {
  try {
    body();
  } catch (decode_failure& failure) {
    failure.pointer = "/" + name_of_place(place) + failure.pointer;
    throw;
  }
}

const char* type_name(const scanned& value) {
  switch (value.type) {
  case json_type::null:
    return "null";
  case json_type::boolean:
    return "a boolean";
  case json_type::number:
    return "a number";
  case json_type::string:
    return "a string";
  case json_type::array:
    return "an array";
  default:
    return "an object";
  }
}

[[noreturn]] void wrong_type(const char* wanted, const scanned& got) {
  refuse(std::string{"must be "} + wanted + ", not " + type_name(got));
}

void require(json_type type, const char* wanted, const scanned& value) {
  if (value.type != type)
    wrong_type(wanted, value);
}

template <class Integer>
Integer integer_from(std::string_view text) {
  Integer out{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size())
    refuse("must be an integer");
  return out;
}

template <class Integer>
Integer integer_from(double number) {
  if (std::trunc(number) != number)
    refuse("must be an integer");
  if (std::abs(number) > static_cast<double>(detail::max_exact_json_integer))
    refuse("integers beyond 2^53 must be given as strings");
  if (number < static_cast<double>(std::numeric_limits<Integer>::min()) ||
      number > static_cast<double>(std::numeric_limits<Integer>::max()))
    refuse("is out of range");
  return static_cast<Integer>(number);
}

/// Index of the first name that was there before.
std::optional<size_t> first_repetition(const std::vector<std::string_view>& names) {
  struct entry {
    size_t hash;
    size_t index;
  };
  std::vector<entry> sorted;
  sorted.reserve(names.size());
  for (size_t i = 0; i < names.size(); ++i)
    sorted.push_back({std::hash<std::string_view>{}(names[i]), i});
  std::ranges::sort(sorted, [&](const entry& a, const entry& b) {
    if (a.hash != b.hash)
      return a.hash < b.hash;
    auto order = names[a.index].compare(names[b.index]); // whoever makes hashes collide gains nothing
    return order != 0 ? order < 0 : a.index < b.index;
  });
  std::optional<size_t> out;
  for (size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i - 1].hash == sorted[i].hash && names[sorted[i - 1].index] == names[sorted[i].index])
      out = std::min(out.value_or(names.size()), sorted[i].index);
  return out;
}

/// Members mostly come in the order of the schema, as this software writes them.
class member_finder {
public:
  explicit member_finder(const struct_rules& rules) : rules_{rules} {
  }

  const field_rules* find(std::string_view name) {
    constexpr size_t most_left_out = 8;
    auto end = std::min(next_ + most_left_out, rules_.fields.size());
    for (auto i = next_; i < end; ++i)
      if (rules_.fields[i].json_name == name) {
        next_ = i + 1;
        return &rules_.fields[i];
      }
    return rules_.find(name);
  }

private:
  const struct_rules& rules_;
  size_t next_ = 0;
};

/// Reads values into messages. Throws decode_failure where a value does not fit the schema; the rest of the document
/// has then not been looked at.
class decoder {
public:
  using given_fields = std::span<const field_rules* const>;

  explicit decoder(json_scanner& from) : from_{from} {
  }

  /// Fields of `given` hold a value already.
  void decode_root(const scanned& value, DynamicStruct::Builder out, given_fields given) {
    decode_struct(value, struct_filler{out}, struct_rules::of(out.getSchema()), false, [&](const field_rules& field) {
      return std::ranges::find(given, &field) != given.end() ? std::optional{out} : std::nullopt;
    });
  }

  void decode_field(const scanned& value, struct_filler out, const field_rules& field) {
    if (value.type == json_type::null && !field.nullable && !field.required)
      return from_.null(value); // null means not given
    if (field.json)
      return set_text(document_of(value), out.pointer(field));
    if (field.also_number && value.type == json_type::number)
      return set_text(kj::str(from_.number(value)), out.pointer(field));
    switch (field.type) {
    case Type::STRUCT:
      decode_struct(value, struct_filler{init_struct(out.pointer(field), *field.content)}, *field.content);
      return;
    case Type::LIST:
      if (field.element_key)
        decode_map(value, out.pointer(field), *field.content);
      else
        decode_list(value, out.pointer(field), field);
      return;
    case Type::TEXT:
      set_text(text_of(value), out.pointer(field));
      return;
    default:
      out.set_bits(field, bits_of(value, field.type, field, field.unix_micros, field.nullable));
    }
  }

private:
  /// Whether a list or struct has the right kind of JSON value. Scalars are checked when they are decoded.
  static bool has_shape_of(const field_rules& field, const scanned& value) {
    if (value.type == json_type::null)
      return true;
    if (field.type == Type::STRUCT || field.element_key)
      return value.type == json_type::object;
    return field.type != Type::LIST || value.type == json_type::array;
  }

  static std::optional<DynamicStruct::Builder> nothing_given(const field_rules&) {
    return std::nullopt;
  }

  void decode_struct(const scanned& value, struct_filler out, const struct_rules& rules, bool skip_key = false) {
    decode_struct(value, out, rules, skip_key, nothing_given);
  }

  /// `given` tells the struct that holds a field already.
  template <class Given>
  void decode_struct(const scanned& value, struct_filler out, const struct_rules& rules, bool skip_key, Given&& given) {
    require(json_type::object, "an object", value);
    std::bitset<struct_rules::max_fields> seen;
    member_finder fields{rules};
    from_.members(value, [&](std::string_view name, const scanned& member) {
      auto* field = fields.find(name);
      if (rules.tolerant && (!field || (!field->required && !has_shape_of(*field, member))))
        return from_.skip(member);
      at(name, [&] {
        if (!field || (skip_key && field->key))
          refuse("is not a known field");
        auto index = static_cast<size_t>(field - rules.fields.data());
        if (seen[index])
          refuse("is given twice");
        seen.set(index);
        if (auto holder = given(*field))
          require_same(member, *holder, *field);
        else
          decode_field(member, out, *field);
      });
    });
    for (size_t i = 0; i < rules.fields.size(); ++i)
      if (auto& field = rules.fields[i]; field.required && !seen[i] && !(skip_key && field.key) && !given(field))
        at(std::string_view{field.json_name}, [] { refuse("is required"); });
  }

  void require_same(const scanned& value, DynamicStruct::Builder holder, const field_rules& field) {
    capnp::MallocMessageBuilder scratch;
    auto other = scratch.initRoot<DynamicStruct>(holder.getSchema());
    decode_field(value, struct_filler{other}, field);
    if (kj::str(other.asReader().get(field.field)) != kj::str(holder.asReader().get(field.field)))
      refuse("must be the same as in the URL");
  }

  static capnp::AnyStruct::Builder init_struct(capnp::AnyPointer::Builder at, const struct_rules& rules) {
    return at.initAsAnyStruct(rules.data_words, rules.pointers);
  }

  static void set_text(std::string_view text, capnp::AnyPointer::Builder out) {
    std::ranges::copy(text, out.initAs<capnp::Text>(static_cast<uint32_t>(text.size())).begin());
  }

  static void set_text(const kj::String& text, capnp::AnyPointer::Builder out) {
    set_text(std::string_view{text.begin(), text.size()}, out);
  }

  kj::String document_of(const scanned& value) {
    capnp::MallocMessageBuilder scratch;
    auto tree = scratch.initRoot<capnp::JsonValue>();
    detail::read_tree(from_, value, tree);
    return capnp::JsonCodec{}.encodeRaw(tree);
  }

  std::string_view text_of(const scanned& value) {
    require(json_type::string, "a string", value);
    return from_.string(value);
  }

  /// A value as the data section of a message holds it, but for the default of its field.
  uint64_t bits_of(const scanned& value, Type::Which type, const field_rules& field, bool is_time = false,
                   bool is_nullable = false) {
    switch (type) {
    case Type::BOOL:
      require(json_type::boolean, "true or false", value);
      return from_.boolean(value);
    case Type::INT32:
      return static_cast<uint32_t>(integer<int32_t>(value));
    case Type::INT64:
      return static_cast<uint64_t>(is_time ? micros(value) : integer<int64_t>(value));
    case Type::UINT8:
      return integer<uint8_t>(value);
    case Type::UINT16:
      return integer<uint16_t>(value);
    case Type::UINT32:
      return integer<uint32_t>(value);
    case Type::UINT64:
      return integer<uint64_t>(value);
    case Type::FLOAT64:
      return std::bit_cast<uint64_t>(floating(value, is_nullable));
    case Type::ENUM:
      return choice(value, field.choices);
    default:
      refuse("cannot be given as JSON");
    }
  }

  template <class Integer>
  Integer integer(const scanned& value) {
    if (value.type == json_type::string)
      return integer_from<Integer>(from_.string(value));
    require(json_type::number, "an integer", value);
    return integer_from<Integer>(from_.number(value));
  }

  double floating(const scanned& value, bool is_nullable) {
    if (value.type == json_type::null && is_nullable) {
      from_.null(value);
      return std::numeric_limits<double>::quiet_NaN();
    }
    require(json_type::number, "a number", value);
    auto out = from_.number(value);
    if (!std::isfinite(out))
      refuse("must be finite");
    return out;
  }

  size_t choice(const scanned& value, const std::vector<std::string>& choices) {
    auto text = text_of(value);
    if (auto found = std::ranges::find(choices, text); found != choices.end())
      return static_cast<size_t>(found - choices.begin());
    std::string all;
    for (const auto& name : choices)
      (all += all.empty() ? "" : ", ") += name;
    refuse("must be one of " + all);
  }

  int64_t micros(const scanned& value) {
    if (auto out = parse_iso8601(text_of(value)))
      return *out;
    refuse("must be an ISO-8601 time in UTC such as 2026-02-24T12:00:00Z");
  }

  /// The document is malformed when its elements cannot be counted, which whoever reads it on will see.
  uint32_t count(const scanned& value) {
    if (auto out = from_.count(value))
      return *out;
    refuse("cannot be counted");
  }

  /// The list has room for what was counted. More would be written beyond its end.
  static void require_room(size_t index, uint32_t size) {
    if (index >= size)
      refuse("has more elements than were counted");
  }

  void decode_list(const scanned& value, capnp::AnyPointer::Builder out, const field_rules& field) {
    require(json_type::array, "an array", value);
    switch (field.element) {
    case Type::STRUCT: {
      auto size = count(value);
      auto list = out.initAsListOfAnyStruct(field.content->data_words, field.content->pointers, size);
      return decode_elements(value, size, [&](uint32_t i, const scanned& element) {
        decode_struct(element, struct_filler{list[i]}, *field.content);
      });
    }
    case Type::TEXT: {
      auto size = count(value);
      auto list = out.initAs<capnp::List<capnp::Text>>(size);
      return decode_elements(value, size, [&](uint32_t i, const scanned& element) {
        auto text = text_of(element);
        std::ranges::copy(text, list.init(i, static_cast<uint32_t>(text.size())).begin());
      });
    }
    case Type::DATA: {
      auto size = count(value);
      out.initAs<capnp::List<capnp::Data>>(size);
      return decode_elements(value, size, [](uint32_t, const scanned&) { refuse("cannot be given as JSON"); });
    }
    case Type::BOOL:
      return decode_scalars<bool>(value, out, field);
    case Type::INT8:
    case Type::UINT8:
      return decode_scalars<uint8_t>(value, out, field);
    case Type::INT16:
    case Type::UINT16:
    case Type::ENUM:
      return decode_scalars<uint16_t>(value, out, field);
    case Type::INT32:
    case Type::UINT32:
      return decode_scalars<uint32_t>(value, out, field);
    default:
      return decode_scalars<uint64_t>(value, out, field);
    }
  }

  template <class Bits>
  void decode_scalars(const scanned& value, capnp::AnyPointer::Builder out, const field_rules& field) {
    auto size = count(value);
    auto list = out.initAs<capnp::List<Bits>>(size);
    decode_elements(value, size, [&](uint32_t i, const scanned& element) {
      list.set(i, static_cast<Bits>(bits_of(element, field.element, field)));
    });
  }

  template <class Decode>
  void decode_elements(const scanned& value, uint32_t size, Decode&& decode) {
    uint32_t i = 0;
    from_.elements(value, [&](const scanned& element) {
      require_room(i, size);
      at(i, [&] { decode(i, element); });
      ++i;
    });
  }

  void decode_map(const scanned& value, capnp::AnyPointer::Builder out, const struct_rules& rules) {
    require(json_type::object, "an object", value);
    auto size = count(value);
    auto list = out.initAsListOfAnyStruct(rules.data_words, rules.pointers, size);
    std::vector<std::string_view> names;
    names.reserve(size);
    try {
      from_.members(value, [&](std::string_view name, const scanned& member) {
        require_room(names.size(), size);
        struct_filler entry{list[static_cast<uint32_t>(names.size())]};
        names.push_back(name);
        at(name, [&] {
          set_text(name, entry.pointer(*rules.key));
          if (rules.only_value)
            decode_field(member, entry, *rules.only_value);
          else
            decode_struct(member, entry, rules, true);
        });
      });
    } catch (decode_failure&) {
      require_distinct(names); // a repetition up to here comes first
      throw;
    }
    require_distinct(names);
  }

  static void require_distinct(const std::vector<std::string_view>& names) {
    if (auto repeated = first_repetition(names))
      at(names[*repeated], [] { refuse("is given twice"); });
  }

  json_scanner& from_;
};

json_error refusal(std::string_view text, json_error why) {
  // What is no JSON is malformed, whatever its beginning holds.
  if (auto fault = detail::json_fault_of(text))
    return {ec::malformed, "", std::move(*fault)};
  return why;
}

/// Reads a document; `decode` gets a decoder and the document's value.
template <class Decode>
std::optional<json_error> read_document(std::string_view text, Decode&& decode) {
  try {
    json_scanner scanner{text};
    decoder to_message{scanner};
    scanner.document([&](const scanned& value) { decode(to_message, value); });
  } catch (detail::json_fault& fault) {
    return json_error{ec::malformed, "", std::move(fault.why)};
  } catch (decode_failure& failure) {
    return refusal(text, {ec::invalid, std::move(failure.pointer), std::move(failure.text)});
  } catch (const kj::Exception& e) {
    return refusal(text,
                   {ec::malformed, "", std::string{"the document cannot be taken: "} + e.getDescription().cStr()});
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
  return read_document(text,
                       [&](decoder& to_message, const scanned& value) { to_message.decode_root(value, root, given); });
}

std::optional<json_error> decode_json_field(std::string_view text, DynamicStruct::Builder root,
                                            const field_rules& field) {
  return read_document(text, [&](decoder& to_message, const scanned& value) {
    to_message.decode_field(value, struct_filler{root}, field);
  });
}

} // namespace detail
} // namespace hive
