#include "messages/check.hpp"

#include "messages/annotations.hpp"
#include "messages/ids.hpp"
#include "messages/struct_view.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <bit>
#include <capnp/any.h>
#include <capnp/serialize.h>
#include <cmath>
#include <cstring>

namespace hive {
namespace {

using capnp::schema::Type;
using detail::struct_view;

/// Walks one message and stops at the first violation. The JSON pointer is built while unwinding, so that a valid
/// message costs no string operations.
class checker {
public:
  std::optional<violation> run(capnp::DynamicStruct::Reader message) {
    if (check_struct(struct_view{message}, struct_rules::of(message.getSchema())))
      return std::nullopt;
    return violation{std::move(pointer_), std::move(rule_)};
  }

private:
  /// The JSON pointer omits the name of the only value in an element of a map.
  bool check_struct(const struct_view& message, const struct_rules& rules, bool is_plain_map = false) {
    for (const auto* field : rules.checked) {
      if (!check_field(message, *field)) {
        if (!is_plain_map)
          pointer_ = "/" + field->json_name + pointer_;
        return false;
      }
    }
    return true;
  }

  bool check_field(const struct_view& message, const field_rules& field) {
    if (!detail::is_pointer(field.type))
      return check_scalar(message, field);
    if (message.is_null(field))
      return check_presence(field.has_default_text, field);
    auto content = message.pointer(field);
    switch (field.type) {
    case Type::TEXT:
      return check_text(as_view(content.getAs<capnp::Text>()), field);
    case Type::DATA:
      return check_presence(content.getAs<capnp::Data>().size() > 0, field);
    case Type::LIST:
      return check_list(content, field);
    default:
      return check_struct(struct_view{content.getAs<capnp::AnyStruct>()}, *field.content);
    }
  }

  bool check_scalar(const struct_view& message, const field_rules& field) {
    switch (field.type) {
    case Type::FLOAT64:
      return check_number(message.floating(field), field);
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
      return field.unix_micros ? check_time(message.integer(field))
                               : check_bounds(static_cast<double>(message.integer(field)), field);
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64:
      return check_bounds(static_cast<double>(message.bits(field)), field);
    case Type::ENUM:
      return check_choice(message.bits(field), field);
    default:
      return true;
    }
  }

  bool check_text(std::string_view text, const field_rules& field) {
    if (text.empty())
      return check_presence(false, field);
    if (field.id && !is_valid_id(text))
      return broken(std::string{id_rule});
    return check_content(text, field.max_length);
  }

  bool check_content(std::string_view text, uint32_t max_length) {
    if (text.size() > max_length)
      return broken("is longer than " + std::to_string(max_length) + " bytes");
    return is_utf8(text) || broken("is not UTF-8 text without NUL");
  }

  bool check_number(double value, const field_rules& field) {
    if (std::isnan(value) && field.nullable)
      return true;
    if (!std::isfinite(value))
      return broken("must be finite");
    return check_bounds(value, field);
  }

  bool check_time(int64_t unix_micros) {
    return (unix_micros >= 0 && unix_micros <= max_unix_micros) || broken("must be a time from 1970 to 9999");
  }

  bool check_bounds(double value, const field_rules& field) {
    if (value < field.min)
      return broken("must be at least " + number(field.min));
    if (value > field.max)
      return broken("must be at most " + number(field.max));
    return true;
  }

  bool check_choice(uint64_t value, const field_rules& field) {
    return value < field.choices.size() || broken("is no known choice");
  }

  bool check_list(capnp::AnyPointer::Reader list, const field_rules& field) {
    switch (field.element) {
    case Type::STRUCT:
      return check_structs(detail::structs_of(list), field);
    case Type::TEXT:
      return check_elements(list.getAs<capnp::List<capnp::Text>>(), field, [this](auto text) {
        return check_content(as_view(text), field_rules::default_max_length);
      });
    case Type::FLOAT64:
      return check_elements(list.getAs<capnp::List<double>>(), field,
                            [this](double value) { return std::isfinite(value) || broken("must be finite"); });
    case Type::ENUM:
      return check_elements(list.getAs<capnp::List<uint16_t>>(), field,
                            [&](uint16_t value) { return check_choice(value, field); });
    default:
      return check_other_elements(list, field);
    }
  }

  /// Any value of these types is good, but reading them must be safe.
  bool check_other_elements(capnp::AnyPointer::Reader list, const field_rules& field) {
    auto fine = [](auto&&) { return true; };
    switch (field.element) {
    case Type::BOOL:
      return check_elements(list.getAs<capnp::List<bool>>(), field, fine);
    case Type::INT8:
    case Type::UINT8:
      return check_elements(list.getAs<capnp::List<uint8_t>>(), field, fine);
    case Type::INT16:
    case Type::UINT16:
      return check_elements(list.getAs<capnp::List<uint16_t>>(), field, fine);
    case Type::INT32:
    case Type::UINT32:
      return check_elements(list.getAs<capnp::List<uint32_t>>(), field, fine);
    case Type::DATA:
      return check_elements(list.getAs<capnp::List<capnp::Data>>(), field, fine);
    default:
      return check_elements(list.getAs<capnp::List<uint64_t>>(), field, fine);
    }
  }

  template <class List, class Check>
  bool check_elements(const List& list, const field_rules& field, Check&& check) {
    if (!check_size(list.size(), field))
      return false;
    for (uint32_t i = 0; i < list.size(); ++i)
      if (!check(list[i])) {
        pointer_ = "/" + std::to_string(i) + pointer_;
        return false;
      }
    return true;
  }

  bool check_structs(detail::any_structs::Reader list, const field_rules& field) {
    if (!check_size(list.size(), field))
      return false;
    const auto& rules = *field.content;
    bool is_plain_map = field.element_key && rules.only_value;
    for (uint32_t i = 0; i < list.size(); ++i) {
      struct_view element{list[i]};
      if (!check_struct(element, rules, is_plain_map)) {
        pointer_ = "/" + element_name(element, i, field) + pointer_;
        return false;
      }
    }
    return true;
  }

  bool check_size(uint32_t size, const field_rules& field) {
    if (size == 0)
      return check_presence(false, field);
    return size <= field.max_elements || broken("has more than " + std::to_string(field.max_elements) + " elements");
  }

  static std::string element_name(const struct_view& element, uint32_t index, const field_rules& field) {
    if (!field.element_key)
      return std::to_string(index);
    return element.pointer(*field.content->key).getAs<capnp::Text>().cStr();
  }

  bool check_presence(bool given, const field_rules& field) {
    return given || !field.required || broken("is required");
  }

  bool broken(std::string rule) {
    rule_ = std::move(rule);
    return false;
  }

  static std::string number(double value) {
    return kj::str(value).cStr();
  }

  std::string pointer_;
  std::string rule_;
};

constexpr uint64_t min_traversal_words = 1024;
constexpr uint64_t traversal_factor = 4;
constexpr int max_nesting = 16;

/// The words of a message. Bytes from sockets may be unaligned, and are then copied into `copy`.
kj::ArrayPtr<const capnp::word> aligned(std::string_view bytes, kj::Array<capnp::word>& copy) {
  auto count = bytes.size() / sizeof(capnp::word);
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(capnp::word) == 0)
    return {reinterpret_cast<const capnp::word*>(bytes.data()), count};
  copy = kj::heapArray<capnp::word>(count);
  std::memcpy(copy.begin(), bytes.data(), bytes.size());
  return copy;
}

} // namespace

std::optional<violation> check(capnp::DynamicStruct::Reader message) {
  return checker{}.run(message);
}

namespace detail {

shared_words flatten(capnp::MessageBuilder& message) {
  if (message.getSegmentsForOutput().size() == 1)
    return std::make_shared<kj::Array<capnp::word>>(capnp::messageToFlatArray(message));
  return flatten_reader(message.getRoot<capnp::AnyStruct>().asReader());
}

shared_words flatten_reader(capnp::AnyStruct::Reader root) {
  auto size = root.totalSize().wordCount + 1;
  auto words = kj::heapArray<capnp::word>(header_words + size);
  std::memset(words.begin(), 0, words.size() * sizeof(capnp::word));
  // Segment table of a single-segment stream: a zero (segments minus one), then the size, little-endian.
  static_assert(std::endian::native == std::endian::little);
  auto segment_words = static_cast<uint32_t>(size);
  std::memcpy(words.asBytes().begin() + sizeof(uint32_t), &segment_words, sizeof segment_words);
  capnp::copyToUnchecked(root, words.slice(header_words, words.size()));
  return std::make_shared<kj::Array<capnp::word>>(std::move(words));
}

namespace {

/// How checked words become a message of their own.
using copier = shared_words (*)(kj::ArrayPtr<const capnp::word>, const capnp::ReaderOptions&);

caf::expected<shared_words> load_by(std::string_view bytes, capnp::StructSchema schema, copier copy_words) {
  if (auto limit = max_bytes_of(schema); bytes.size() > limit)
    return fail(ec::too_large, "message of " + std::to_string(bytes.size()) + " bytes, at most " +
                                 std::to_string(limit) + " are allowed");
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0)
    return fail(ec::malformed, "message of " + std::to_string(bytes.size()) + " bytes, not a positive multiple of 8");
  kj::Array<capnp::word> copy;
  auto words = aligned(bytes, copy);
  capnp::ReaderOptions limits;
  limits.traversalLimitInWords = std::max(min_traversal_words, traversal_factor * words.size());
  limits.nestingLimit = max_nesting;
  try {
    // The check and the copy each get the full traversal budget.
    capnp::FlatArrayMessageReader for_check{words, limits};
    if (auto found = check(for_check.getRoot<capnp::DynamicStruct>(schema)))
      return fail(ec::invalid, found->pointer + " " + found->rule);
    return copy_words(words, limits);
  } catch (const kj::Exception& e) {
    return fail(ec::malformed, std::string{"message: "} + e.getDescription().cStr());
  }
}

shared_words copy_objects(kj::ArrayPtr<const capnp::word> words, const capnp::ReaderOptions& limits) {
  capnp::FlatArrayMessageReader reader{words, limits};
  return flatten_reader(reader.getRoot<capnp::AnyStruct>());
}

/// Adding up the sizes follows every pointer within its bounds. A sum that fills the only segment shows that nothing is
/// referred to twice, or from another segment.
shared_words copy_whole(kj::ArrayPtr<const capnp::word> words, const capnp::ReaderOptions& limits) {
  capnp::FlatArrayMessageReader reader{words, limits};
  auto root = reader.getRoot<capnp::AnyStruct>();
  if (root.totalSize().wordCount + 1 + header_words != words.size() || reader.getEnd() != words.end())
    return flatten_reader(root);
  return std::make_shared<kj::Array<capnp::word>>(kj::heapArray(words));
}

} // namespace

caf::expected<shared_words> load(std::string_view bytes, capnp::StructSchema schema) {
  return load_by(bytes, schema, copy_objects);
}

caf::expected<shared_words> load_stored(std::string_view bytes, capnp::StructSchema schema) {
  return load_by(bytes, schema, copy_whole);
}

} // namespace detail
} // namespace hive
