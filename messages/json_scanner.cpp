#include "messages/json_scanner.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <charconv>
#include <kj/string.h>
#include <optional>

namespace hive::detail {
namespace {

namespace ondemand = simdjson::ondemand;

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

/// The value of a number in valid JSON; infinite when it is too large.
double value_of(std::string_view digits) {
  double out = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), out).ec == std::errc{})
    return out;
  std::string terminated{digits}; // too large or too small, which from_chars does not tell apart
  return kj::StringPtr{terminated.c_str(), terminated.size()}.parseAs<double>();
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

} // namespace

/// Wraps the document in brackets, as an array of one value: a top-level number needs no special case, and a truncated
/// document fails at the closing bracket.
simdjson::error_code json_scanner::find_tokens() {
  frame("]");
  auto error = parser_.iterate(framed_).get(document_);
  if (error != simdjson::UNCLOSED_STRING)
    return error;
  // A quote is unbalanced. With a quote appended, the tokens show where the document first becomes invalid.
  string_is_open_ = true;
  frame("\"]");
  return parser_.iterate(framed_).get(document_);
}

void json_scanner::frame(std::string_view end) {
  framed_ = simdjson::padded_string{1 + text_.size() + end.size()};
  framed_.data()[0] = '[';
  std::ranges::copy(text_, framed_.data() + 1);
  std::ranges::copy(end, framed_.data() + 1 + text_.size());
}

ondemand::array json_scanner::begin() {
  auto error = find_tokens();
  // simdjson has checked the encoding when it found all tokens, and looks for NUL in strings alone.
  if ((error || text_.find('\0') != text_.npos) && !is_utf8(text_))
    throw json_fault{"the document is not UTF-8 text without NUL"};
  if (error)
    refuse_tokens(error);
  ondemand::array out;
  if (document_.get_array().get(out))
    refuse("a value is missing", place());
  return out;
}

void json_scanner::end(bool is_closed, size_t next) {
  if (string_is_open_ || !is_closed || document_.current_location().error() != simdjson::OUT_OF_BOUNDS)
    refuse("something follows its end", next);
}

void json_scanner::go_deeper(const value& at) {
  if (depth_ == limits_.nesting)
    refuse("it is nested more than " + std::to_string(limits_.nesting) + " deep", at.at);
  ++depth_;
}

std::optional<uint32_t> json_scanner::count(const value& of) {
  size_t out = 0;
  auto error =
    of.type == ondemand::json_type::array ? of.token.count_elements().get(out) : of.token.count_fields().get(out);
  if (error || out > limits_.values - values_)
    return std::nullopt;
  return static_cast<uint32_t>(out);
}

std::string_view json_scanner::string(const value& of) {
  std::string_view out;
  check_string(of.token.get_string().get(out), out, of.at);
  return out;
}

void json_scanner::check_string(simdjson::error_code error, std::string_view string, size_t at) {
  if (error)
    refuse("a string holds an escape that JSON does not have, or half of a surrogate pair", at);
  if (string.find('\0') != string.npos)
    refuse("a string holds NUL", at);
}

double json_scanner::number(const value& of) {
  // simdjson 3.0.1 misreads some numbers of more digits; of these only its validation is used.
  constexpr size_t max_exact_digits = 19;
  double out = 0;
  auto length = of.token.raw_json_token().size(); // before the token is taken
  auto error = of.token.get_double().get(out);
  if (!error && length <= max_exact_digits)
    return out;
  if (error)
    if (auto fault = fault_of_number(text_.substr(of.at)))
      refuse("a number is not written as JSON", of.at + *fault);
  auto end = text_.find_first_not_of("+-.0123456789eE", of.at);
  return value_of(text_.substr(of.at, end - of.at));
}

bool json_scanner::boolean(const value& of) {
  bool out = false;
  if (of.token.get_bool().get(out))
    refuse("a value is missing", of.at);
  return out;
}

void json_scanner::null(const value& of) {
  if (of.token.is_null().error())
    refuse("a value is missing", of.at);
}

void json_scanner::skip(const value& of) {
  switch (of.type) {
  case ondemand::json_type::object:
    return members(of, [this](std::string_view, const value& member) { skip(member); });
  case ondemand::json_type::array:
    return elements(of, [this](const value& element) { skip(element); });
  case ondemand::json_type::string:
    string(of);
    return;
  case ondemand::json_type::number:
    number(of);
    return;
  case ondemand::json_type::boolean:
    boolean(of);
    return;
  default:
    null(of);
  }
}

void json_scanner::refuse(const std::string& why, size_t at) {
  bool is_inside = at < text_.size();
  auto before = text_.substr(0, std::min(at, text_.size()));
  auto line_start = before.rfind('\n') + 1; // 0 on the first line
  std::string out = "the document is not valid JSON: ";
  out += is_inside ? why : string_is_open_ ? "a string does not end" : "it ends too early";
  out += ", at ";
  if (text_.find('\n') != text_.npos)
    out += "line " + std::to_string(1 + std::ranges::count(before, '\n')) + ", ";
  throw json_fault{out + "column " + std::to_string(before.size() - line_start + 1)};
}

/// simdjson finds the bounds of all tokens before it returns the first, and does not report where it failed.
void json_scanner::refuse_tokens(simdjson::error_code error) {
  if (error == simdjson::UNESCAPED_CHARS)
    refuse("a string holds a control character that is not escaped", control_character_in_string(text_));
  if (error == simdjson::UNCLOSED_STRING)
    refuse("a string does not end", text_.size());
  refuse(simdjson::error_message(error), 0);
}

void json_scanner::refuse_missing_value() {
  refuse("a value is missing", text_.find_first_not_of(white_space));
}

/// simdjson stopped at the comma before the member at `at`, at its name, or at the following colon.
void json_scanner::refuse_member(size_t at) {
  auto stopped = place();
  if (stopped < at)
    refuse("a ',' is missing", stopped);
  refuse(stopped == at ? "a member's name in quotes is missing" : "a ':' is missing", stopped);
}

void json_scanner::refuse_values(size_t at) {
  refuse("it holds more than " + std::to_string(limits_.values) + " values", at);
}

std::optional<std::string> json_fault_of(std::string_view text) {
  try {
    json_scanner scanner{text};
    scanner.document([&](const json_scanner::value& value) { scanner.skip(value); });
  } catch (json_fault& fault) {
    return std::move(fault.why);
  }
  return std::nullopt;
}

} // namespace hive::detail
