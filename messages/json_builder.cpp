#include "messages/json_builder.hpp"

#include <cstdio>

namespace hive {

void json_builder::name(std::string_view name) {
  separate();
  quote(name);
  out_ += ':';
  needs_comma_ = false;
}

void json_builder::text_value(std::string_view text) {
  separate();
  quote(text);
  needs_comma_ = true;
}

void json_builder::raw_value(std::string_view literal) {
  separate();
  out_ += literal;
  needs_comma_ = true;
}

void json_builder::separate() {
  if (needs_comma_)
    out_ += ',';
}

void json_builder::quote(std::string_view text) {
  out_ += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') {
      (out_ += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      out_ += escaped;
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

} // namespace hive
