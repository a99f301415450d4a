#include "actors/upgrade/verdict/first_difference.hpp"

#include "messages/json_text.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <capnp/compat/json.h>
#include <capnp/message.h>

namespace hive {
namespace {

using capnp::JsonValue;

constexpr size_t max_shown_bytes = 300;

std::string show(JsonValue::Reader value) {
  auto text = capnp::JsonCodec{}.encodeRaw(value);
  auto whole = std::string_view{text.begin(), text.size()};
  auto cut = cut_text(whole, max_shown_bytes);
  return std::string{cut} + (cut.size() < whole.size() ? "…" : "");
}

/// A member's name as a part of a JSON pointer (RFC 6901).
std::string escaped(std::string_view name) {
  std::string out;
  for (char c : name)
    if (c == '~' || c == '/')
      out += c == '~' ? "~0" : "~1";
    else
      out += c;
  return out;
}

using members = capnp::List<JsonValue::Field>::Reader;

bool has(members all, kj::StringPtr name) {
  for (auto member : all)
    if (member.getName() == name)
      return true;
  return false;
}

std::optional<json_difference> compare(JsonValue::Reader a, JsonValue::Reader b, const std::string& at);

std::optional<json_difference> compare_members(members a, members b, const std::string& at) {
  auto at_member = [&](JsonValue::Field::Reader member) { return at + "/" + escaped(member.getName().cStr()); };
  for (uint32_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    bool is_common = i < a.size() && i < b.size() && a[i].getName() == b[i].getName();
    if (is_common) {
      if (auto found = compare(a[i].getValue(), b[i].getValue(), at_member(a[i])))
        return found;
    } else if (i < a.size() && !has(b, a[i].getName())) {
      return json_difference{at_member(a[i]), show(a[i].getValue()), {}};
    } else if (i < b.size() && !has(a, b[i].getName())) {
      return json_difference{at_member(b[i]), {}, show(b[i].getValue())};
    } else {
      return json_difference{at, "members in another order", {}};
    }
  }
  return std::nullopt;
}

std::optional<json_difference> compare_elements(capnp::List<JsonValue>::Reader a, capnp::List<JsonValue>::Reader b,
                                                const std::string& at) {
  for (uint32_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    auto here = at + "/" + std::to_string(i);
    if (i >= a.size() || i >= b.size())
      return json_difference{here, i < a.size() ? show(a[i]) : std::string{},
                             i < b.size() ? show(b[i]) : std::string{}};
    if (auto found = compare(a[i], b[i], here))
      return found;
  }
  return std::nullopt;
}

bool is_same_scalar(JsonValue::Reader a, JsonValue::Reader b) {
  switch (a.which()) {
  case JsonValue::BOOLEAN:
    return a.getBoolean() == b.getBoolean();
  case JsonValue::NUMBER:
    return a.getNumber() == b.getNumber();
  case JsonValue::STRING:
    return a.getString() == b.getString();
  default:
    return true; // null
  }
}

/// The documents' nesting is bounded, and so is this one's.
std::optional<json_difference> compare(JsonValue::Reader a, JsonValue::Reader b, const std::string& at) {
  if (a.which() == b.which()) {
    if (a.isObject())
      return compare_members(a.getObject(), b.getObject(), at);
    if (a.isArray())
      return compare_elements(a.getArray(), b.getArray(), at);
    if (is_same_scalar(a, b))
      return std::nullopt;
  }
  return json_difference{at, show(a), show(b)};
}

} // namespace

std::optional<json_difference> first_difference(std::string_view first, std::string_view second) {
  capnp::MallocMessageBuilder memory_of_first, memory_of_second;
  auto a = memory_of_first.initRoot<JsonValue>(), b = memory_of_second.initRoot<JsonValue>();
  if (parse_json(first, a) || parse_json(second, b))
    return json_difference{
      {}, std::string{cut_text(first, max_shown_bytes)}, std::string{cut_text(second, max_shown_bytes)}};
  return compare(a.asReader(), b.asReader(), {});
}

} // namespace hive
