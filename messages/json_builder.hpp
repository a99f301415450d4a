#pragma once

#include <string>
#include <string_view>

namespace hive {

/// Writes one JSON document sequentially and inserts separators. `object` and `array` call a function that writes their
/// content.
class json_builder {
public:
  template <class Body>
  void object(Body&& body) {
    nest('{', '}', body);
  }

  template <class Body>
  void array(Body&& body) {
    nest('[', ']', body);
  }

  /// A member whose value is an object.
  template <class Body>
  void object(std::string_view name, Body&& body) {
    this->name(name);
    object(body);
  }

  /// A member whose value is an array.
  template <class Body>
  void array(std::string_view name, Body&& body) {
    this->name(name);
    array(body);
  }

  /// The name of a member whose value follows.
  void name(std::string_view name);

  void member(std::string_view name, std::string_view text) {
    this->name(name);
    text_value(text);
  }

  void member(std::string_view name, const char* text) {
    member(name, std::string_view{text});
  }

  void member(std::string_view name, bool value) {
    this->name(name);
    raw_value(value ? "true" : "false");
  }

  /// A number given as JSON text.
  void number(std::string_view name, std::string_view literal) {
    this->name(name);
    raw_value(literal);
  }

  /// A member whose value is JSON already.
  void document(std::string_view name, std::string_view json) {
    this->name(name);
    raw_value(json);
  }

  /// An element of an array.
  void element(std::string_view text) {
    text_value(text);
  }

  std::string take() && {
    return std::move(out_);
  }

private:
  template <class Body>
  void nest(char open, char close, Body&& body) {
    separate();
    out_ += open;
    needs_comma_ = false;
    body();
    out_ += close;
    needs_comma_ = true;
  }

  void text_value(std::string_view text);
  void raw_value(std::string_view literal);
  void separate();
  void quote(std::string_view text);

  std::string out_;
  bool needs_comma_ = false;
};

} // namespace hive
