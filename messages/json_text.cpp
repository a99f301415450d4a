#include "messages/json_text.hpp"

#include "messages/ec.hpp"
#include "messages/json_tree.hpp"

#include <capnp/orphan.h>
#include <limits>
#include <vector>

namespace hive {
namespace {

using capnp::JsonValue;
using capnp::Orphan;
using detail::json_scanner;

void read_array(json_scanner& from, const json_scanner::value& value, JsonValue::Builder out) {
  std::vector<Orphan<JsonValue>> elements;
  auto orphanage = capnp::Orphanage::getForMessageContaining(out);
  from.elements(value, [&](const json_scanner::value& element) {
    elements.push_back(orphanage.newOrphan<JsonValue>());
    detail::read_tree(from, element, elements.back().get());
  });
  auto list = out.initArray(static_cast<uint32_t>(elements.size()));
  for (uint32_t i = 0; i < list.size(); ++i)
    list.adoptWithCaveats(i, std::move(elements[i]));
}

void read_object(json_scanner& from, const json_scanner::value& value, JsonValue::Builder out) {
  struct member {
    std::string_view name;
    Orphan<JsonValue> value;
  };
  std::vector<member> members;
  auto orphanage = capnp::Orphanage::getForMessageContaining(out);
  from.members(value, [&](std::string_view name, const json_scanner::value& content) {
    members.push_back({name, orphanage.newOrphan<JsonValue>()});
    detail::read_tree(from, content, members.back().value.get());
  });
  auto list = out.initObject(static_cast<uint32_t>(members.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    auto& [name, content] = members[i];
    std::ranges::copy(name, list[i].initName(static_cast<uint32_t>(name.size())).begin());
    list[i].adoptValue(std::move(content));
  }
}

std::optional<std::string> parse(std::string_view text, JsonValue::Builder out, const detail::json_limits& limits) {
  try {
    json_scanner scanner{text, limits};
    scanner.document([&](const json_scanner::value& value) { detail::read_tree(scanner, value, out); });
  } catch (detail::json_fault& fault) {
    return std::move(fault.why);
  }
  return std::nullopt;
}

} // namespace

std::optional<std::string> parse_json(std::string_view text, JsonValue::Builder out) {
  return parse(text, out, {});
}

caf::expected<json_members> parse_json_object(std::string_view text, capnp::MallocMessageBuilder& scratch) {
  auto root = scratch.initRoot<JsonValue>();
  if (auto wrong = parse_json(text, root))
    return fail(ec::malformed, *wrong);
  if (!root.isObject())
    return fail(ec::malformed, "the document is not a JSON object");
  return root.asReader().getObject();
}

namespace detail {

void read_tree(json_scanner& from, const json_scanner::value& value, JsonValue::Builder out) {
  using simdjson::ondemand::json_type;
  switch (value.type) {
  case json_type::object:
    return read_object(from, value, out);
  case json_type::array:
    return read_array(from, value, out);
  case json_type::string: {
    auto string = from.string(value);
    std::ranges::copy(string, out.initString(static_cast<uint32_t>(string.size())).begin());
    return;
  }
  case json_type::number:
    return out.setNumber(from.number(value));
  case json_type::boolean:
    return out.setBoolean(from.boolean(value));
  default:
    from.null(value);
    out.setNull();
  }
}

std::string indent_json(std::string_view text) {
  // A document inside a message has been nested as deep as the limit allows, before the message enclosed it.
  constexpr json_limits limits{2 * json_limits{}.nesting, std::numeric_limits<size_t>::max()};
  capnp::MallocMessageBuilder scratch;
  auto root = scratch.initRoot<JsonValue>();
  if (parse(text, root, limits))
    return std::string{text};
  capnp::JsonCodec json;
  json.setPrettyPrint(true);
  auto indented = json.encodeRaw(root);
  return {indented.begin(), indented.size()};
}

} // namespace detail
} // namespace hive
