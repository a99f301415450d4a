#include "actors/http/json_writer.hpp"

#include <cstdio>

namespace hive::http {

void json_writer::name(std::string_view name) {
  separate();
  quote(name);
  out_ += ':';
  needs_comma_ = false;
}

void json_writer::text_value(std::string_view text) {
  separate();
  quote(text);
  needs_comma_ = true;
}

void json_writer::raw_value(std::string_view literal) {
  separate();
  out_ += literal;
  needs_comma_ = true;
}

void json_writer::separate() {
  if (needs_comma_)
    out_ += ',';
}

void json_writer::quote(std::string_view text) {
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

} // namespace hive::http
