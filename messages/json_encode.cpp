#include "messages/json.hpp"
#include "messages/json_maps.hpp"
#include "messages/json_pieces.hpp"
#include "messages/json_scalars.hpp"
#include "messages/json_text.hpp"
#include "messages/struct_view.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <array>
#include <capnp/compat/json.h>
#include <charconv>
#include <cmath>
#include <kj/encoding.h>

namespace hive {
namespace {

using capnp::JsonValue;
using capnp::schema::Type;
using detail::struct_view;

template <class Integer>
void write_digits(Integer value, std::string& out) {
  std::array<char, 24> text{};
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

template <class Integer>
void write_integer(Integer value, std::string& out) {
  bool is_exact = value <= static_cast<Integer>(detail::max_exact_json_integer) &&
                  (std::is_unsigned_v<Integer> || value >= static_cast<Integer>(-detail::max_exact_json_integer));
  out += is_exact ? "" : "\"";
  write_digits(value, out);
  out += is_exact ? "" : "\"";
}

/// JSON has neither NaN nor infinities; null means no number.
void write_float(double value, std::string& out) {
  if (std::isfinite(value))
    detail::write_number(value, out);
  else
    out += "null";
}

/// A document that is a value. Text that is none, which only a message from elsewhere can hold, is shown as a string.
void write_document(capnp::Text::Reader text, std::string& out) {
  capnp::MallocMessageBuilder scratch;
  auto tree = scratch.initRoot<JsonValue>();
  if (parse_json(as_view(text), tree))
    return detail::write_string(as_view(text), out);
  auto encoded = capnp::JsonCodec{}.encodeRaw(tree);
  out.append(encoded.begin(), encoded.size());
}

bool is_shown(const struct_view& from, const field_rules& field) {
  if (field.import_only)
    return false;
  // Lists are always written, so that clients can iterate without a check; text and structs only when present.
  if (field.type == Type::TEXT)
    return from.pointer(field).getAs<capnp::Text>().size() > 0;
  if (field.type == Type::DATA)
    return from.pointer(field).getAs<capnp::Data>().size() > 0;
  if (field.type == Type::STRUCT)
    return !from.pointer(field).isNull();
  if (field.unix_micros)
    return from.bits(field) != 0;
  if (!field.omit_default)
    return true;
  return field.type == Type::LIST ? !from.pointer(field).isNull() : !from.is_default(field);
}

/// One walk over a message, from the place where the last one paused. It pauses only before an element of a list, so
/// what is between two elements is written as a whole.
class text_walk {
public:
  /// `place` is empty at the start.
  text_walk(std::string& out, size_t pause_at, std::vector<uint32_t>& place)
      : out_{out}, pause_at_{pause_at}, place_{place} {
  }

  /// False when it paused.
  bool write_struct(const struct_view& from, const struct_rules& rules, bool skip_key = false) {
    bool resumed = is_resuming(), is_first = !resumed;
    auto i = resumed ? take_index() : 0;
    if (!resumed)
      out_ += '{';
    for (; i < rules.fields.size(); ++i, resumed = false) {
      const auto& field = rules.fields[i];
      if (!resumed) {
        if ((skip_key && field.key) || !is_shown(from, field))
          continue;
        if (!std::exchange(is_first, false))
          out_ += ',';
        out_ += field.json_member;
      }
      if (!write_field(from, field))
        return pause_at(i);
    }
    out_ += '}';
    return true;
  }

private:
  bool write_field(const struct_view& from, const field_rules& field) {
    switch (field.type) {
    case Type::TEXT:
      write_text(from.pointer(field).getAs<capnp::Text>(), field);
      return true;
    case Type::DATA:
      write_data(from.pointer(field).getAs<capnp::Data>());
      return true;
    case Type::STRUCT:
      return write_struct(struct_view{from.pointer(field).getAs<capnp::AnyStruct>()}, *field.content);
    case Type::LIST:
      return write_list(from.pointer(field), field);
    default:
      write_scalar(from.bits(field), field.type, field);
      return true;
    }
  }

  void write_text(capnp::Text::Reader text, const field_rules& field) {
    if (field.json)
      write_document(text, out_);
    else
      detail::write_string(as_view(text), out_);
  }

  void write_data(capnp::Data::Reader data) {
    auto hex = kj::encodeHex(data);
    ((out_ += '"').append(hex.begin(), hex.size())) += '"';
  }

  /// `bits` are those of a value of this type, whether it is the field itself or one of its elements.
  void write_scalar(uint64_t bits, Type::Which type, const field_rules& field) {
    switch (type) {
    case Type::BOOL:
      out_ += bits != 0 ? "true" : "false";
      return;
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
      if (field.unix_micros)
        return detail::write_string(format_iso8601(static_cast<int64_t>(bits)), out_);
      return write_integer(detail::sign_extended(bits, detail::width_of(type)), out_);
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64:
      return write_integer(bits, out_);
    case Type::FLOAT64:
      return write_float(std::bit_cast<double>(bits), out_);
    case Type::ENUM:
      if (bits < field.choices.size())
        return detail::write_string(field.choices[bits], out_);
      return write_digits(bits, out_);
    default:
      out_ += "null";
    }
  }

  bool write_list(capnp::AnyPointer::Reader list, const field_rules& field) {
    switch (field.element) {
    case Type::BOOL:
      return write_scalars<bool>(list, field);
    case Type::INT8:
    case Type::UINT8:
      return write_scalars<uint8_t>(list, field);
    case Type::INT16:
    case Type::UINT16:
    case Type::ENUM:
      return write_scalars<uint16_t>(list, field);
    case Type::INT32:
    case Type::UINT32:
      return write_scalars<uint32_t>(list, field);
    case Type::INT64:
    case Type::UINT64:
    case Type::FLOAT64:
      return write_scalars<uint64_t>(list, field);
    case Type::TEXT:
      return write_values<capnp::Text>(list, [this](auto text) { detail::write_string(as_view(text), out_); });
    case Type::DATA:
      return write_values<capnp::Data>(list, [this](auto data) { write_data(data); });
    default:
      return field.element_key ? write_map(list, *field.content) : write_structs(list, *field.content);
    }
  }

  template <class Bits>
  bool write_scalars(capnp::AnyPointer::Reader list, const field_rules& field) {
    return write_values<Bits>(list, [&](Bits bits) { write_scalar(bits, field.element, field); });
  }

  template <class T, class Write>
  bool write_values(capnp::AnyPointer::Reader from, Write&& write) {
    auto list = from.getAs<capnp::List<T>>();
    return write_elements(
      "[]", list.size(), [](uint32_t) {},
      [&](uint32_t i) {
        write(list[i]);
        return true;
      });
  }

  bool write_structs(capnp::AnyPointer::Reader from, const struct_rules& rules) {
    auto list = detail::structs_of(from);
    return write_elements(
      "[]", list.size(), [](uint32_t) {}, [&](uint32_t i) { return write_struct(struct_view{list[i]}, rules); });
  }

  bool write_map(capnp::AnyPointer::Reader from, const struct_rules& rules) {
    auto list = detail::structs_of(from);
    auto write_name = [&](uint32_t i) {
      detail::write_string(as_view(struct_view{list[i]}.pointer(*rules.key).getAs<capnp::Text>()), out_);
      out_ += ':';
    };
    return write_elements("{}", list.size(), write_name, [&](uint32_t i) {
      struct_view entry{list[i]};
      return rules.only_value ? write_field(entry, *rules.only_value) : write_struct(entry, rules, true);
    });
  }

  /// `begin` writes what precedes the value of an element, and `write` the value; that is false when it paused.
  template <class Begin, class Write>
  bool write_elements(std::string_view brackets, uint32_t size, Begin&& begin, Write&& write) {
    bool is_inside = false;
    uint32_t i = 0;
    if (is_resuming()) {
      i = take_index();
      is_inside = is_resuming();
    } else {
      out_ += brackets.front();
    }
    for (; i < size; ++i, is_inside = false) {
      if (!is_inside) {
        if (out_.size() >= pause_at_)
          return pause_at(i);
        if (i > 0)
          out_ += ',';
        begin(i);
      }
      if (!write(i))
        return pause_at(i);
    }
    out_ += brackets.back();
    return true;
  }

  bool is_resuming() const {
    return !place_.empty();
  }

  uint32_t take_index() {
    auto out = place_.back();
    place_.pop_back();
    return out;
  }

  bool pause_at(uint32_t index) {
    place_.push_back(index);
    return false;
  }

  std::string& out_;
  const size_t pause_at_;
  std::vector<uint32_t>& place_;
};

} // namespace

namespace detail {

json_writer::json_writer(capnp::DynamicStruct::Reader root) : root_{root}, rules_{struct_rules::of(root.getSchema())} {
}

bool json_writer::write(std::string& out, size_t pause_at) {
  complete_ = complete_ || text_walk{out, pause_at, place_}.write_struct(struct_view{root_}, rules_);
  return !complete_;
}

std::string encode_json(capnp::DynamicStruct::Reader root, bool pretty) {
  std::string out;
  json_writer{root}.write(out, std::numeric_limits<size_t>::max());
  if (pretty)
    out = indent_json(out);
  return out;
}

} // namespace detail
} // namespace hive
