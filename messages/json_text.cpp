#include "messages/json_text.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <capnp/orphan.h>
#include <kj/string.h>
#include <simdjson.h>
#include <vector>

namespace hive {
namespace {

using capnp::JsonValue;
using capnp::Orphan;
namespace ondemand = simdjson::ondemand;

constexpr size_t max_json_nesting = 32;
/// Room for 10,000 metrics with 40 samples each. A value takes about 40 bytes of memory here, but may be just two bytes
/// of text.
constexpr size_t max_json_values = 500'000;

constexpr std::string_view white_space = " \t\n\r";

/// Position of the first deviation from RFC 8259's number grammar, -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]?
/// [0-9]+)?, or nothing when `text` starts with a valid number. Needed because simdjson reports the same error for
/// malformed numbers and for numbers too large for a double.
std::optional<size_t> fault_of_number(std::string_view text) {
  size_t at = 0;
  auto skip = [&](std::string_view any) {
    bool found = at < text.size() && any.find(text[at]) != any.npos;
    at += found;
    return found;
  };
  auto digits = [&] {
    auto start = at;
    at = std::min(text.find_first_not_of("0123456789", at), text.size());
    return at != start;
  };
  skip("-");
  if (!skip("0") && !digits())
    return at;
  if (skip(".") && !digits())
    return at;
  if (skip("eE") && (skip("+-"), !digits()))
    return at;
  bool ends = at == text.size() || std::string_view{",]}: \t\n\r"}.find(text[at]) != std::string_view::npos;
  return ends ? std::nullopt : std::optional{at};
}

/// Position of the first control character inside quotes.
size_t control_character_in_string(std::string_view text) {
  bool in_string = false;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"')
      in_string = !in_string;
    else if (in_string && text[at] == '\\')
      ++at;
    else if (in_string && static_cast<unsigned char>(text[at]) < 0x20)
      return at;
  }
  return text.size();
}

/// Builds a document's tree from simdjson's tokens. It visits every token, because simdjson validates a token only on
/// access.
class tree_builder {
public:
  explicit tree_builder(std::string_view text) : text_{text} {
  }

  bool build(JsonValue::Builder out) {
    if (auto error = find_tokens())
      return refuse_tokens(error);
    ondemand::array frame;
    if (document_.get_array().get(frame))
      return refuse("a value is missing", place());
    auto each = frame.begin();
    if (!(each != frame.end())) // the document is empty, or starts with a bracket that closes the frame
      return refuse("a value is missing", text_.find_first_not_of(white_space));
    ondemand::value value;
    if ((*each).get(value))
      return refuse("a value is missing", place());
    if (!build_value(value, out))
      return false;
    auto next = place();
    ++each;
    bool closed = !(each != frame.end()) && document_.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return (closed && !string_is_open_) || refuse("something follows its end", next);
  }

  /// What is wrong, and where.
  std::string why() const {
    auto before = text_.substr(0, at_);
    auto line_start = before.rfind('\n') + 1; // 0 on the first line
    auto column = "column " + std::to_string(at_ - line_start + 1);
    if (text_.find('\n') == text_.npos)
      return std::string{why_} + ", at " + column;
    auto line = 1 + std::ranges::count(before, '\n');
    return std::string{why_} + ", at line " + std::to_string(line) + ", " + column;
  }

private:
  /// Wraps the document in brackets, as an array of one value: a top-level number needs no special case, and a
  /// truncated document fails at the closing bracket.
  simdjson::error_code find_tokens() {
    frame("]");
    auto error = parser_.iterate(framed_).get(document_);
    if (error != simdjson::UNCLOSED_STRING)
      return error;
    // A quote is unbalanced. With a quote appended, the tokens show where the document first becomes invalid.
    string_is_open_ = true;
    frame("\"]");
    return parser_.iterate(framed_).get(document_);
  }

  void frame(std::string_view end) {
    framed_ = simdjson::padded_string{1 + text_.size() + end.size()};
    framed_.data()[0] = '[';
    std::ranges::copy(text_, framed_.data() + 1);
    std::ranges::copy(end, framed_.data() + 1 + text_.size());
  }

  bool refuse(const char* why, size_t at) {
    why_ = at < text_.size() ? why : string_is_open_ ? "a string does not end" : "it ends too early";
    at_ = std::min(at, text_.size());
    return false;
  }

  /// simdjson finds the bounds of all tokens before it returns the first, and does not report where it failed.
  bool refuse_tokens(simdjson::error_code error) {
    if (error == simdjson::UNESCAPED_CHARS)
      return refuse("a string holds a control character that is not escaped", control_character_in_string(text_));
    if (error == simdjson::UNCLOSED_STRING)
      return refuse("a string does not end", text_.size());
    return refuse(simdjson::error_message(error), 0);
  }

  /// Position of the next token or of the one that simdjson rejected; the end of the text when that token closes the
  /// frame.
  size_t place() {
    const char* at = nullptr;
    if (document_.current_location().get(at))
      return text_.size();
    return std::min(static_cast<size_t>(at - framed_.data()) - 1, text_.size());
  }

  bool build_value(ondemand::value& value, JsonValue::Builder out) {
    auto at = place();
    ondemand::json_type type;
    if (value.type().get(type))
      return refuse("a value is missing", at);
    if (++values_ > max_json_values)
      return refuse("it holds more than 500000 values", at);
    switch (type) {
    case ondemand::json_type::object:
    case ondemand::json_type::array: {
      if (depth_ == max_json_nesting)
        return refuse("it is nested more than 32 deep", at);
      ++depth_;
      bool built = type == ondemand::json_type::object ? build_object(value, out) : build_array(value, out);
      --depth_;
      return built;
    }
    case ondemand::json_type::string:
      return build_string(value, out, at);
    case ondemand::json_type::number:
      return build_number(value, out, at);
    default:
      return build_literal(value, out, type) || refuse("a value is missing", at);
    }
  }

  static bool build_literal(ondemand::value& value, JsonValue::Builder out, ondemand::json_type type) {
    bool flag = false;
    if (type == ondemand::json_type::null ? value.is_null().get(flag) : value.get_bool().get(flag))
      return false;
    if (type == ondemand::json_type::null)
      out.setNull();
    else
      out.setBoolean(flag);
    return true;
  }

  bool build_number(ondemand::value& value, JsonValue::Builder out, size_t at) {
    if (value.get_double().error())
      if (auto fault = fault_of_number(text_.substr(at)))
        return refuse("a number is not written as JSON", at + *fault);
    // simdjson 3.0.1 misreads some numbers of more than 19 digits, so only its validation is used.
    auto end = text_.find_first_not_of("+-.0123456789eE", at);
    std::string digits{text_.substr(at, end - at)};
    out.setNumber(kj::StringPtr{digits.c_str(), digits.size()}.parseAs<double>());
    return true;
  }

  bool build_string(ondemand::value& value, JsonValue::Builder out, size_t at) {
    std::string_view string;
    if (!check_string(value.get_string().get(string), string, at))
      return false;
    std::ranges::copy(string, out.initString(static_cast<uint32_t>(string.size())).begin());
    return true;
  }

  bool check_string(simdjson::error_code error, std::string_view string, size_t at) {
    if (error)
      return refuse("a string holds an escape that JSON does not have, or half of a surrogate pair", at);
    return string.find('\0') == string.npos || refuse("a string holds NUL", at);
  }

  bool build_array(ondemand::value& value, JsonValue::Builder out) {
    ondemand::array array;
    if (value.get_array().get(array))
      return refuse("a value is missing", place());
    std::vector<Orphan<JsonValue>> elements;
    auto orphanage = capnp::Orphanage::getForMessageContaining(out);
    for (auto each : array) {
      ondemand::value element;
      if (each.get(element))
        return refuse("a ',' is missing", place());
      elements.push_back(orphanage.newOrphan<JsonValue>());
      if (!build_value(element, elements.back().get()))
        return false;
    }
    auto list = out.initArray(static_cast<uint32_t>(elements.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.adoptWithCaveats(i, std::move(elements[i]));
    return true;
  }

  struct member {
    std::string_view name;
    Orphan<JsonValue> value;
  };

  bool build_object(ondemand::value& value, JsonValue::Builder out) {
    ondemand::object object;
    if (value.get_object().get(object))
      return refuse("a member's name in quotes is missing", place());
    std::vector<member> members;
    auto orphanage = capnp::Orphanage::getForMessageContaining(out);
    for (auto each = object.begin(); each != object.end(); ++each) {
      auto at = place();
      ondemand::field field;
      if ((*each).get(field))
        return refuse_member(at);
      auto& next = members.emplace_back(member{{}, orphanage.newOrphan<JsonValue>()});
      if (!check_string(field.unescaped_key().get(next.name), next.name, at) ||
          !build_value(field.value(), next.value.get()))
        return false;
    }
    auto list = out.initObject(static_cast<uint32_t>(members.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      auto& [name, member_value] = members[i];
      std::ranges::copy(name, list[i].initName(static_cast<uint32_t>(name.size())).begin());
      list[i].adoptValue(std::move(member_value));
    }
    return true;
  }

  /// simdjson stopped at the comma before the member at `at`, at its name, or at the following colon.
  bool refuse_member(size_t at) {
    auto stopped = place();
    if (stopped < at)
      return refuse("a ',' is missing", stopped);
    return refuse(stopped == at ? "a member's name in quotes is missing" : "a ':' is missing", stopped);
  }

  std::string_view text_;
  simdjson::padded_string framed_;
  bool string_is_open_ = false;
  ondemand::parser parser_;
  ondemand::document document_;
  size_t depth_ = 0;
  size_t values_ = 0;
  size_t at_ = 0;
  const char* why_ = "";
};

} // namespace

std::optional<std::string> parse_json(std::string_view text, JsonValue::Builder out) {
  if (!is_utf8(text))
    return "the document is not UTF-8 text without NUL";
  tree_builder builder{text};
  if (!builder.build(out))
    return "the document is not valid JSON: " + builder.why();
  return std::nullopt;
}

caf::expected<json_members> parse_json_object(std::string_view text, capnp::MallocMessageBuilder& scratch) {
  auto root = scratch.initRoot<JsonValue>();
  if (auto wrong = parse_json(text, root))
    return fail(ec::malformed, *wrong);
  if (!root.isObject())
    return fail(ec::malformed, "the document is not a JSON object");
  return root.asReader().getObject();
}

} // namespace hive
