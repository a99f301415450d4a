#pragma once

#include "messages/annotations.hpp"
#include "messages/check.hpp"

#include <capnp/dynamic.h>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace hive {

/// Fills messages of any schema with content that obeys all rules of its fields.
class random_filler {
public:
  explicit random_filler(uint32_t seed) : random_{seed} {
  }

  void fill(capnp::DynamicStruct::Builder out, int depth = 0) {
    for (const auto& field : field_rules::of(out.getSchema()))
      if (!field.import_only && (field.required || field.key || field.min > 0 || random_() % 4 != 0))
        set(out, field, depth);
  }

  std::mt19937& random() {
    return random_;
  }

private:
  void set(capnp::DynamicStruct::Builder out, const field_rules& field, int depth) {
    auto type = field.field.getType();
    if (type.isStruct())
      return fill(out.init(field.field).as<capnp::DynamicStruct>(), depth + 1);
    if (type.isList())
      return set_list(out, field, depth);
    if (type.isData()) {
      auto data = out.init(field.field, 1 + random_() % 20).as<capnp::Data>();
      for (auto& byte : data)
        byte = static_cast<kj::byte>(random_());
      return;
    }
    if (field.json)
      return out.set(field.field, R"({"a":[1.5,true,null,"x"],"b":{}})");
    if (type.isText())
      return out.set(field.field, text(field, field.max_length).c_str());
    out.set(field.field, number(type, field));
  }

  void set_list(capnp::DynamicStruct::Builder out, const field_rules& field, int depth) {
    auto size = std::min<uint32_t>(field.max_elements, (field.required ? 1 : 0) + random_() % (depth > 1 ? 2 : 4));
    auto list = out.init(field.field, size).as<capnp::DynamicList>();
    auto element = list.getSchema().getElementType();
    for (uint32_t i = 0; i < size; ++i) {
      if (element.isStruct()) {
        auto entry = list[i].as<capnp::DynamicStruct>();
        fill(entry, depth + 1);
        if (field.element_key) // keys are unique in a JSON object
          entry.set(*field.element_key, ("k" + std::to_string(i)).c_str());
      } else if (element.isText()) {
        list.set(i, text(field, 30).c_str());
      } else {
        list.set(i, number(element, field_rules{}));
      }
    }
  }

  capnp::DynamicValue::Reader number(capnp::Type type, const field_rules& field) {
    switch (type.which()) {
    case capnp::schema::Type::BOOL:
      return random_() % 2 == 0;
    case capnp::schema::Type::ENUM: {
      auto choices = type.asEnum().getEnumerants();
      return capnp::DynamicEnum{choices[random_() % choices.size()]};
    }
    case capnp::schema::Type::FLOAT64:
      return floating(field);
    case capnp::schema::Type::INT64:
      if (field.unix_micros)
        return static_cast<int64_t>(wide() % 253'402'300'800'000'000); // up to the year 9999
      if (!std::isinf(field.min))
        return static_cast<int64_t>(field.min) + static_cast<int64_t>(wide() >> 2);
      return static_cast<int64_t>(wide());
    case capnp::schema::Type::INT32:
      if (!std::isinf(field.min) && !std::isinf(field.max))
        return static_cast<int32_t>(field.min) +
               static_cast<int32_t>(random_() % static_cast<uint32_t>(field.max - field.min + 1));
      return static_cast<int32_t>(random_());
    case capnp::schema::Type::UINT64:
      if (std::isinf(field.max))
        return wide() >> (random_() % 64);
      return integer(field, UINT64_MAX);
    default:
      return integer(field, type.isUInt8() ? 0xFF : type.isUInt16() ? 0xFFFF : 0xFFFFFFFF);
    }
  }

  double floating(const field_rules& field) {
    if (field.nullable && random_() % 4 == 0)
      return std::numeric_limits<double>::quiet_NaN();
    double low = std::max(field.min, -1e300), high = std::min(field.max, 1e300);
    return low + static_cast<double>(random_()) / 4294967296.0 * (high / 2 - low / 2) * 2;
  }

  uint64_t integer(const field_rules& field, uint64_t most) {
    auto low = static_cast<uint64_t>(std::max(field.min, 0.0));
    auto high = static_cast<uint64_t>(std::min(field.max, static_cast<double>(most)));
    return low + wide() % (high - low + 1);
  }

  uint64_t wide() {
    return uint64_t{random_()} << 32 | random_();
  }

  std::string text(const field_rules& field, size_t most) {
    if (field.id)
      return "id-" + std::to_string(random_());
    static const char* const pieces[] = {"a",    "Z9",   " ",    "\"", "\\", "/", "~", "\n",
                                         "\x7f", "\x01", "\x1f", "é",  "€",  "𝄞", "{", "]"};
    std::string out = "t";
    while (random_() % 8 != 0) {
      std::string_view piece = pieces[random_() % std::size(pieces)];
      if (out.size() + piece.size() > most)
        break;
      out += piece;
    }
    return out;
  }

  std::mt19937 random_;
};

/// Whether both hold the same values; absent values equal empty ones.
inline bool same_content(capnp::DynamicValue::Reader a, capnp::DynamicValue::Reader b) {
  if (a.getType() != b.getType())
    return false;
  if (a.getType() == capnp::DynamicValue::LIST) {
    auto left = a.as<capnp::DynamicList>(), right = b.as<capnp::DynamicList>();
    if (left.size() != right.size())
      return false;
    for (uint32_t i = 0; i < left.size(); ++i)
      if (!same_content(left[i], right[i]))
        return false;
    return true;
  }
  if (a.getType() == capnp::DynamicValue::STRUCT) {
    auto left = a.as<capnp::DynamicStruct>(), right = b.as<capnp::DynamicStruct>();
    for (const auto& rules : field_rules::of(left.getSchema())) // retired fields do not count
      if (!same_content(left.get(rules.field), right.get(rules.field)))
        return false;
    return true;
  }
  return kj::str(a) == kj::str(b);
}

} // namespace hive
