#pragma once

#include "messages/json_text.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// The member of this name.
std::optional<capnp::JsonValue::Reader> find_member(json_members object, std::string_view name);

/// The member's text; empty when it is missing or of another type.
std::string text_member(json_members object, std::string_view name);

/// A number, or a bool, which is one in Python.
std::optional<double> to_number(capnp::JsonValue::Reader value);
std::optional<double> number_member(json_members object, std::string_view name);

/// A text as a JSON string.
std::string quoted(std::string_view text);

/// A finite number as JSON.
std::string number_text(double value);

/// Seconds since 1970 as ISO-8601; empty for what is no time between 1970 and 9999.
std::string iso8601_of(double seconds);

/// The document, indented.
std::string pretty(const std::string& document);

/// Builds a JSON object member by member.
class object_text {
public:
  object_text& add(std::string_view name, std::string_view json);
  /// Adds nothing for an empty text.
  object_text& add_text(std::string_view name, std::string_view text);

  bool is_empty() const {
    return text_.size() == 1;
  }
  std::string str() const {
    return text_ + "}";
  }

private:
  std::string text_ = "{";
};

} // namespace hive
