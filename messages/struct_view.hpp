#pragma once

// internal: structs of messages by the places of their fields. DynamicStruct looks each field up in the schema, which
// is a message itself, and takes several times as long.

#include "messages/annotations.hpp"

#include <bit>
#include <capnp/any.h>
#include <cstring>

namespace hive::detail {

static_assert(std::endian::native == std::endian::little, "data sections are little-endian");

using any_structs = capnp::List<capnp::AnyStruct>;

/// Bytes of a value in the data section; a Bool has one bit.
constexpr size_t width_of(capnp::schema::Type::Which type) {
  using capnp::schema::Type;
  switch (type) {
  case Type::INT8:
  case Type::UINT8:
    return 1;
  case Type::INT16:
  case Type::UINT16:
  case Type::ENUM:
    return 2;
  case Type::INT32:
  case Type::UINT32:
    return 4;
  default:
    return 8;
  }
}

/// Whether fields of this type are in the pointer section.
constexpr bool is_pointer(capnp::schema::Type::Which type) {
  using capnp::schema::Type;
  return type == Type::TEXT || type == Type::DATA || type == Type::LIST || type == Type::STRUCT;
}

/// A value of `width` bytes as a signed integer.
constexpr int64_t sign_extended(uint64_t bits, size_t width) {
  auto unused = 8 * (sizeof bits - width);
  return static_cast<int64_t>(bits << unused) >> unused;
}

/// A list of structs of any size. Cap'n Proto reads a list of any other values but bits as such a list too.
inline any_structs::Reader structs_of(capnp::AnyPointer::Reader list) {
  auto out = list.getAs<capnp::AnyList>();
  KJ_REQUIRE(out.getElementSize() != capnp::ElementSize::BIT, "a list of bits where structs are expected");
  return out.as<any_structs>();
}

class struct_view {
public:
  explicit struct_view(capnp::AnyStruct::Reader of) : data_{of.getDataSection()}, pointers_{of.getPointerSection()} {
  }

  /// Whether a field of the data section holds its default.
  bool is_default(const field_rules& field) const {
    return stored(field) == 0;
  }

  uint64_t bits(const field_rules& field) const {
    return stored(field) ^ field.default_bits;
  }

  double floating(const field_rules& field) const {
    return std::bit_cast<double>(bits(field));
  }

  int64_t integer(const field_rules& field) const {
    return sign_extended(bits(field), width_of(field.type));
  }

  /// Whether the field is absent, also when the message is from before it. The pointers follow the data.
  bool is_null(const field_rules& field) const {
    if (field.offset >= pointers_.size())
      return true;
    uint64_t word = 0;
    std::memcpy(&word, data_.end() + field.offset * sizeof word, sizeof word);
    return word == 0;
  }

  /// Null also when the message is from before the field.
  capnp::AnyPointer::Reader pointer(const field_rules& field) const {
    return field.offset < pointers_.size() ? pointers_[field.offset] : capnp::AnyPointer::Reader{};
  }

private:
  uint64_t stored(const field_rules& field) const {
    if (field.type == capnp::schema::Type::BOOL) {
      auto byte = field.offset / 8;
      return byte < data_.size() ? data_[byte] >> field.offset % 8 & 1 : 0;
    }
    auto width = width_of(field.type);
    auto begin = field.offset * width;
    uint64_t out = 0;
    if (begin + width <= data_.size())
      std::memcpy(&out, data_.begin() + begin, width);
    return out;
  }

  kj::ArrayPtr<const kj::byte> data_;
  capnp::List<capnp::AnyPointer>::Reader pointers_;
};

/// A struct that is being built, with all fields of its schema.
class struct_filler {
public:
  explicit struct_filler(capnp::AnyStruct::Builder of) : data_{of.getDataSection()}, pointers_{of.getPointerSection()} {
  }

  void set_bits(const field_rules& field, uint64_t bits) {
    bits ^= field.default_bits;
    if (field.type == capnp::schema::Type::BOOL) {
      auto& byte = data_[field.offset / 8];
      auto bit = field.offset % 8;
      byte = static_cast<kj::byte>((byte & ~(1 << bit)) | static_cast<int>(bits) << bit);
      return;
    }
    auto width = width_of(field.type);
    std::memcpy(data_.begin() + field.offset * width, &bits, width);
  }

  capnp::AnyPointer::Builder pointer(const field_rules& field) {
    return pointers_[field.offset];
  }

private:
  kj::ArrayPtr<kj::byte> data_;
  capnp::List<capnp::AnyPointer>::Builder pointers_;
};

} // namespace hive::detail
