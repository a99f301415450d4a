#include "messages/json_text.hpp"

#include "messages/annotations.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <cstdint>

namespace hive {
namespace {

constexpr size_t max_json_nesting = 32;
/// As many as 10,000 metrics with 40 samples each. The reader makes some 40 bytes of memory out of each value, which
/// may be two bytes of text.
constexpr size_t max_json_values = 500'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Goes over a document before Cap'n Proto's JSON reader, which misreads \uXXXX, takes much that RFC 8259 does not
/// allow and cannot tell where something is wrong: \uXXXX becomes the character it means, and what is no JSON, or too
/// much of it, is refused with its place.
class scanner {
public:
  scanner(std::string_view text, std::string& scratch) : text_{text}, scratch_{scratch} {
  }

  /// Whether the document may go on to the reader.
  bool run() {
    for (;;) {
      while (at_ < text_.size() && is_space(text_[at_]))
        ++at_;
      if (at_ == text_.size())
        return expected_ == expected::end || refuse("it ends too early");
      if (!token(text_[at_]))
        return false;
    }
  }

  std::string_view result() {
    if (copied_to_ == 0)
      return text_;
    scratch_.append(text_.substr(copied_to_));
    return scratch_;
  }

  /// What is wrong, and where.
  std::string why() const {
    auto before = text_.substr(0, at_);
    auto line_start = before.rfind('\n') + 1; // 0 when there is none
    auto column = "column " + std::to_string(at_ - line_start + 1);
    if (text_.find('\n') == text_.npos)
      return std::string{why_} + ", at " + column;
    auto line = 1 + std::ranges::count(before, '\n');
    return std::string{why_} + ", at line " + std::to_string(line) + ", " + column;
  }

private:
  enum class expected : uint8_t { value, value_or_end, name, name_or_end, colon, comma_or_end, end };

  bool refuse(const char* why) {
    why_ = why;
    return false;
  }

  static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }

  bool go_on(expected next) {
    expected_ = next;
    return true;
  }

  bool token(char c) {
    switch (expected_) {
    case expected::value_or_end:
      return c == ']' ? close() : value(c);
    case expected::value:
      return value(c);
    case expected::name_or_end:
      return c == '}' ? close() : name();
    case expected::name:
      return name();
    case expected::colon:
      return skip(':') ? go_on(expected::value) : refuse("a ':' is missing");
    case expected::comma_or_end:
      return comma_or_end(c);
    case expected::end:
      return refuse("something follows its end");
    }
    return false;
  }

  bool comma_or_end(char c) {
    bool in_object = open_.back() == '{';
    if (c == (in_object ? '}' : ']'))
      return close();
    if (!skip(','))
      return refuse("a ',' is missing");
    return go_on(in_object ? expected::name : expected::value);
  }

  bool name() {
    if (text_[at_] != '"')
      return refuse("a member's name in quotes is missing");
    return string() && go_on(expected::colon);
  }

  bool value(char c) {
    if (++values_ > max_json_values)
      return refuse("it holds more than 500000 values");
    if (c == '{' || c == '[')
      return open(c);
    bool fine = c == '"' ? string() : c == '-' || is_digit(c) ? number() : literal();
    return fine && end_of_value();
  }

  bool open(char c) {
    if (open_.size() == max_json_nesting)
      return refuse("it is nested more than 32 deep");
    ++at_;
    open_ += c;
    return go_on(c == '{' ? expected::name_or_end : expected::value_or_end);
  }

  bool close() {
    ++at_;
    open_.pop_back();
    return end_of_value();
  }

  bool end_of_value() {
    return go_on(open_.empty() ? expected::end : expected::comma_or_end);
  }

  bool literal() {
    for (std::string_view each : {"true", "false", "null"}) {
      if (text_.substr(at_).starts_with(each)) {
        at_ += each.size();
        return true;
      }
    }
    return refuse("a value is missing");
  }

  /// RFC 8259: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
  bool number() {
    skip('-');
    bool leading_zero = skip('0');
    if (leading_zero ? at_digit() : !digits())
      return refuse("a number is not written as JSON");
    if (skip('.') && !digits())
      return refuse("a number is not written as JSON");
    if (skip('e') || skip('E')) {
      if (!skip('+'))
        skip('-');
      if (!digits())
        return refuse("a number is not written as JSON");
    }
    return true;
  }

  bool string() {
    ++at_; // the quote
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20)
        return refuse("a string holds a control character that is not escaped");
      if (c != '\\')
        ++at_;
      else if (!escape())
        return false;
    }
    return refuse("a string does not end");
  }

  bool escape() {
    constexpr std::string_view plain = "\"\\/bfnrt";
    auto start = at_++;
    if (at_ < text_.size() && plain.find(text_[at_]) != plain.npos) {
      ++at_;
      return true;
    }
    if (!skip('u'))
      return refuse("a string holds an unknown escape");
    auto point = hex4();
    if (point >= 0xD800 && point < 0xDC00 && skip('\\') && skip('u')) {
      auto low = hex4();
      if (low < 0xDC00 || low > 0xDFFF)
        return refuse("a string holds half of a surrogate pair");
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    } else if (point >= 0xD800 && point < 0xE000) {
      return refuse("a string holds half of a surrogate pair");
    }
    if (point == not_hex)
      return refuse("a string holds a \\u without four hexadecimal digits");
    if (point == 0)
      return refuse("a string holds NUL");
    scratch_.append(text_.substr(copied_to_, start - copied_to_));
    append(point);
    copied_to_ = at_;
    return true;
  }

  /// Control characters stay raw: the reader takes them so.
  void append(uint32_t point) {
    if (point == '"' || point == '\\')
      scratch_ += '\\';
    if (point < 0x80) {
      scratch_ += static_cast<char>(point);
      return;
    }
    int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    constexpr int lead[] = {0, 0xC0, 0xE0, 0xF0};
    scratch_ += static_cast<char>(lead[more] | point >> (6 * more));
    while (--more >= 0)
      scratch_ += static_cast<char>(0x80 | (point >> (6 * more) & 0x3F));
  }

  uint32_t hex4() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      char c = at_ < text_.size() ? text_[at_] : '"';
      if (is_digit(c))
        value = value << 4 | static_cast<uint32_t>(c - '0');
      else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
        value = value << 4 | static_cast<uint32_t>((c | 0x20) - 'a' + 10);
      else
        return not_hex;
    }
    return value;
  }

  bool skip(char c) {
    if (at_ == text_.size() || text_[at_] != c)
      return false;
    ++at_;
    return true;
  }

  bool at_digit() const {
    return at_ < text_.size() && is_digit(text_[at_]);
  }

  bool digits() {
    auto start = at_;
    while (at_digit())
      ++at_;
    return at_ != start;
  }

  static constexpr uint32_t not_hex = UINT32_MAX;

  std::string_view text_;
  std::string& scratch_;
  size_t at_ = 0;
  expected expected_ = expected::value;
  std::string open_; ///< the brackets that are open
  size_t values_ = 0;
  size_t copied_to_ = 0; ///< up to here `text_` is in `scratch_` already
  const char* why_ = "";
};

} // namespace

std::optional<std::string> parse_json(std::string_view text, capnp::JsonValue::Builder out) {
  // Text without NUL and broken UTF-8 first: neither pass below looks at either.
  if (!is_utf8(text))
    return "the document is not UTF-8 text without NUL";
  std::string replaced;
  scanner pass{text, replaced};
  if (!pass.run())
    return "the document is not valid JSON: " + pass.why();
  auto tidy = pass.result();
  try {
    capnp::JsonCodec json;
    json.setMaxNestingDepth(max_json_nesting + 1);
    json.decodeRaw(kj::arrayPtr(tidy.data(), tidy.size()), out);
  } catch (const kj::Exception& e) {
    return std::string{"the document is not valid JSON: "} + e.getDescription().cStr();
  }
  return std::nullopt;
}

caf::expected<json_members> parse_json_object(std::string_view text, capnp::MallocMessageBuilder& scratch) {
  auto root = scratch.initRoot<capnp::JsonValue>();
  if (auto wrong = parse_json(text, root))
    return fail(ec::malformed, *wrong);
  if (!root.isObject())
    return fail(ec::malformed, "the document is not a JSON object");
  return root.asReader().getObject();
}

} // namespace hive
