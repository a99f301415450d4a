#pragma once

// internal: reads JSON text value by value, over simdjson's tokens.

#include <cstddef>
#include <simdjson.h>
#include <string>
#include <string_view>

namespace hive::detail {

/// What a document may hold at most.
struct json_limits {
  size_t nesting = 32;
  /// Room for 10,000 metrics with 40 samples each. As a tree, a value takes about 40 bytes of memory, but may be just
  /// two bytes of text.
  size_t values = 500'000;
};

/// Thrown when a document is no valid JSON.
struct json_fault {
  std::string why; ///< a sentence about "the document"
};

/// Reads one document in the order of its text. Each value must be read, because simdjson validates a token only on
/// access; `skip` does it for values that nobody needs. Functions throw json_fault at the first fault.
class json_scanner {
public:
  /// A value that is to be read next.
  struct value {
    simdjson::ondemand::value& token;
    simdjson::ondemand::json_type type;
    size_t at; ///< its position in the text
  };

  explicit json_scanner(std::string_view text, const json_limits& limits = {}) : text_{text}, limits_{limits} {
  }

  /// Reads the whole document; `read` gets its value.
  template <class Read>
  void document(Read&& read) {
    auto frame = begin();
    auto each = frame.begin();
    if (!(each != frame.end())) // the document is empty, or starts with a bracket that closes the frame
      refuse_missing_value();
    simdjson::ondemand::value token;
    if ((*each).get(token))
      refuse("a value is missing", place());
    read(enter(token));
    auto next = place();
    ++each;
    end(!(each != frame.end()), next);
  }

  /// Calls `read` with each value of an array.
  template <class Read>
  void elements(const value& of, Read&& read) {
    go_deeper(of);
    simdjson::ondemand::array array;
    if (of.token.get_array().get(array))
      refuse("a value is missing", place());
    for (auto each : array) {
      simdjson::ondemand::value element;
      if (each.get(element))
        refuse("a ',' is missing", place());
      read(enter(element));
    }
    --depth_;
  }

  /// Calls `read` with the name and the value of each member of an object. The names live as long as the scanner.
  template <class Read>
  void members(const value& of, Read&& read) {
    go_deeper(of);
    simdjson::ondemand::object object;
    if (of.token.get_object().get(object))
      refuse("a member's name in quotes is missing", place());
    for (auto each = object.begin(); each != object.end(); ++each) {
      auto at = place();
      simdjson::ondemand::field field;
      if ((*each).get(field))
        refuse_member(at);
      std::string_view name;
      check_string(field.unescaped_key().get(name), name, at);
      read(name, enter(field.value()));
    }
    --depth_;
  }

  /// Number of elements or members. Nothing, if the document cannot hold as many values or is malformed further on:
  /// whoever reads it to its end will meet the fault.
  std::optional<uint32_t> count(const value& of);

  /// The text lives as long as the scanner.
  std::string_view string(const value& of);

  /// Infinite when it is too large.
  double number(const value& of);
  bool boolean(const value& of);
  void null(const value& of);

  void skip(const value& of);

private:
  simdjson::ondemand::array begin();
  simdjson::error_code find_tokens();
  void frame(std::string_view end);
  void end(bool is_closed, size_t next);

  value enter(simdjson::ondemand::value& token) {
    value out{token, {}, place()};
    if (token.type().get(out.type))
      refuse("a value is missing", out.at);
    if (++values_ > limits_.values)
      refuse_values(out.at);
    return out;
  }

  void go_deeper(const value& at);
  void check_string(simdjson::error_code error, std::string_view string, size_t at);

  /// Position of the next token or of the one that simdjson rejected; the end of the text when that token closes the
  /// frame.
  size_t place() {
    const char* at = nullptr;
    if (document_.current_location().get(at))
      return text_.size();
    return std::min(static_cast<size_t>(at - framed_.data()) - 1, text_.size());
  }

  [[noreturn]] void refuse(const std::string& why, size_t at);
  [[noreturn]] void refuse_tokens(simdjson::error_code error);
  [[noreturn]] void refuse_missing_value();
  [[noreturn]] void refuse_member(size_t at);
  [[noreturn]] void refuse_values(size_t at);

  std::string_view text_;
  const json_limits limits_;
  simdjson::padded_string framed_;
  bool string_is_open_ = false;
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  size_t depth_ = 0;
  size_t values_ = 0;
};

/// Why `text` is no valid JSON; nothing if it is valid.
std::optional<std::string> json_fault_of(std::string_view text);

} // namespace hive::detail
