#include "messages/annotations.hpp"
#include "messages/json.hpp"
#include "messages/json_scalars.hpp"
#include "messages/text.hpp"

#include <charconv>
#include <cmath>

namespace hive {
namespace {

using capnp::schema::Type;
using fault = std::optional<std::string>;

fault write_parameter(std::string_view text, Type::Which type, const field_rules& field, std::string& out);

/// Splits at commas; an empty text is an empty list.
fault write_parameter_list(std::string_view text, const field_rules& field, std::string& out) {
  out += '[';
  while (!text.empty() || out.back() == ',') {
    auto comma = text.find(',');
    if (comma == 0 || text.empty())
      return "has a comma too many";
    if (auto wrong = write_parameter(text.substr(0, comma), field.element, field, out))
      return wrong;
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
    if (comma != text.npos)
      out += ',';
  }
  out += ']';
  return std::nullopt;
}

fault write_parameter_number(std::string_view text, std::string& out) {
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return "must be a number";
  if (!std::isfinite(number))
    return "must be finite";
  detail::write_number(number, out);
  return std::nullopt;
}

/// Writes a parameter's text as the JSON that a body would hold for a value of this type.
fault write_parameter(std::string_view text, Type::Which type, const field_rules& field, std::string& out) {
  switch (type) {
  case Type::BOOL:
    if (text != "true" && text != "false")
      return "must be true or false";
    out += text;
    return std::nullopt;
  case Type::FLOAT64:
    return write_parameter_number(text, out);
  case Type::LIST:
    return write_parameter_list(text, field, out);
  case Type::STRUCT:
    return "cannot be given in a URL";
  default:
    // Integers, enums, times and text are all decoded from strings.
    detail::write_string(text, out);
    return std::nullopt;
  }
}

} // namespace

namespace detail {

std::optional<std::string> decode_text(std::string_view text, capnp::DynamicStruct::Builder root,
                                       const field_rules& field) {
  if (!is_utf8(text))
    return "is not UTF-8 text without NUL";
  std::string json;
  if (auto wrong = write_parameter(text, field.type, field, json))
    return wrong;
  if (auto wrong = decode_json_field(json, root, field))
    return std::move(wrong->text);
  return std::nullopt;
}

} // namespace detail
} // namespace hive
