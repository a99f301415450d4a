#include "messages/check.hpp"

#include "messages/annotations.hpp"
#include "messages/ids.hpp"
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

using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::DynamicValue;

/// Walks one message and stops at the first violation. The JSON pointer is built while unwinding, so that a valid
/// message costs no string operations.
class checker {
  /// Number of fields in an element of a key-to-value map. The JSON pointer omits the name of the value's field.
  static constexpr size_t key_and_value = 2;

public:
  std::optional<violation> run(DynamicStruct::Reader message) {
    if (check_struct(message, field_rules::of(message.getSchema())))
      return std::nullopt;
    return violation{std::move(pointer_), std::move(rule_)};
  }

private:
  bool check_struct(DynamicStruct::Reader message, const std::vector<field_rules>& rules, bool is_map_entry = false) {
    for (const auto& field : rules) {
      if (!check_field(message, field)) {
        if (!is_map_entry)
          pointer_ = "/" + field.json_name + pointer_;
        return false;
      }
    }
    return true;
  }

  bool check_field(DynamicStruct::Reader message, const field_rules& field) {
    auto value = message.get(field.field);
    switch (value.getType()) {
    case DynamicValue::TEXT:
      return check_text(value.as<capnp::Text>(), field);
    case DynamicValue::DATA:
      return check_presence(value.as<capnp::Data>().size() > 0, field);
    case DynamicValue::FLOAT:
      return check_number(value.as<double>(), field);
    case DynamicValue::INT:
      if (field.unix_micros)
        return check_time(value.as<int64_t>());
      return check_bounds(static_cast<double>(value.as<int64_t>()), field);
    case DynamicValue::UINT:
      return check_bounds(static_cast<double>(value.as<uint64_t>()), field);
    case DynamicValue::ENUM:
      return value.as<capnp::DynamicEnum>().getEnumerant() != nullptr || broken("is no known choice");
    case DynamicValue::LIST:
      return check_list(value.as<DynamicList>(), field);
    case DynamicValue::STRUCT:
      if (!message.has(field.field))
        return check_presence(false, field);
      return check_struct(value.as<DynamicStruct>(), field_rules::of(field.field.getType().asStruct()));
    default:
      return true;
    }
  }

  bool check_text(capnp::Text::Reader text, const field_rules& field) {
    if (text.size() == 0)
      return check_presence(false, field);
    std::string_view view{text.begin(), text.size()};
    if (field.id && !is_valid_id(view))
      return broken(std::string{id_rule});
    if (view.size() > field.max_length)
      return broken("is longer than " + std::to_string(field.max_length) + " bytes");
    return is_utf8(view) || broken("is not UTF-8 text without NUL");
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

  bool check_list(DynamicList::Reader list, const field_rules& field) {
    if (list.size() == 0)
      return check_presence(false, field);
    if (list.size() > field.max_elements)
      return broken("has more than " + std::to_string(field.max_elements) + " elements");
    auto type = list.getSchema().getElementType();
    if (type.isFloat64())
      return check_numbers(list.as<capnp::List<double>>());
    auto check_one = [&](auto&& check) {
      for (uint32_t i = 0; i < list.size(); ++i)
        if (!check(list[i])) {
          pointer_ = "/" + element_name(list, i, field) + pointer_;
          return false;
        }
      return true;
    };
    if (!type.isStruct())
      return check_one([this](const DynamicValue::Reader& element) { return check_plain(element); });
    const auto& rules = field_rules::of(type.asStruct());
    bool is_plain_map = field.element_key && rules.size() == key_and_value;
    return check_one([&](const DynamicValue::Reader& element) {
      return check_struct(element.as<DynamicStruct>(), rules, is_plain_map);
    });
  }

  bool check_numbers(capnp::List<double>::Reader numbers) {
    for (uint32_t i = 0; i < numbers.size(); ++i)
      if (!std::isfinite(numbers[i])) {
        pointer_ = "/" + std::to_string(i) + pointer_;
        return broken("must be finite");
      }
    return true;
  }

  /// Checks an element that is neither a struct nor a floating-point number.
  bool check_plain(const DynamicValue::Reader& element) {
    switch (element.getType()) {
    case DynamicValue::TEXT: {
      auto text = element.as<capnp::Text>();
      std::string_view view{text.begin(), text.size()};
      if (view.size() > field_rules::default_max_length)
        return broken("is longer than " + std::to_string(field_rules::default_max_length) + " bytes");
      return is_utf8(view) || broken("is not UTF-8 text without NUL");
    }
    case DynamicValue::ENUM:
      return element.as<capnp::DynamicEnum>().getEnumerant() != nullptr || broken("is no known choice");
    default:
      return true;
    }
  }

  static std::string element_name(DynamicList::Reader list, uint32_t index, const field_rules& field) {
    if (!field.element_key)
      return std::to_string(index);
    return list[index].as<DynamicStruct>().get(*field.element_key).as<capnp::Text>().cStr();
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

} // namespace

std::optional<violation> check(DynamicStruct::Reader message) {
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

caf::expected<shared_words> load(std::string_view bytes, capnp::StructSchema schema) {
  if (auto limit = max_bytes_of(schema); bytes.size() > limit)
    return fail(ec::too_large, "message of " + std::to_string(bytes.size()) + " bytes, at most " +
                                 std::to_string(limit) + " are allowed");
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0)
    return fail(ec::malformed, "message of " + std::to_string(bytes.size()) + " bytes, not a positive multiple of 8");
  // Bytes from sockets and RocksDB may be unaligned.
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), bytes.size());
  capnp::ReaderOptions limits;
  limits.traversalLimitInWords = std::max(min_traversal_words, traversal_factor * words.size());
  limits.nestingLimit = max_nesting;
  try {
    // The check and the copy each get the full traversal budget.
    capnp::FlatArrayMessageReader for_check{words, limits};
    if (auto found = check(for_check.getRoot<DynamicStruct>(schema)))
      return fail(ec::invalid, found->pointer + " " + found->rule);
    capnp::FlatArrayMessageReader for_copy{words, limits};
    return flatten_reader(for_copy.getRoot<capnp::AnyStruct>());
  } catch (const kj::Exception& e) {
    return fail(ec::malformed, std::string{"message: "} + e.getDescription().cStr());
  }
}

} // namespace detail
} // namespace hive
