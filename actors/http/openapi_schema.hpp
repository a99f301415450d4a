#pragma once

#include "actors/http/json_writer.hpp"
#include "messages/annotations.hpp"

#include <capnp/schema.h>
#include <map>
#include <span>
#include <string>

namespace hive::http {

/// Writes Cap'n Proto schemas as JSON Schema according to messages/json.hpp, and collects referenced schemas so that
/// each is written once.
class schema_writer {
public:
  explicit schema_writer(json_writer& out) : out_{out} {
  }

  /// Writes {"$ref": …} to a struct, as an unnamed value.
  void reference(capnp::StructSchema to);

  /// Writes the schema of a field's value, with description, bounds and default.
  void field_value(const field_rules& field);

  /// Writes the object schema of a struct without the fields in `left_out`.
  void object(capnp::StructSchema schema, std::span<const field_rules* const> left_out);

  /// Writes all schemas that were referenced, directly or indirectly.
  void definitions();

private:
  struct definition {
    capnp::Schema schema;
    bool written = false;
  };

  void refer(capnp::Schema to);
  void scalar(capnp::Type type, const field_rules* rules);
  void integer(capnp::Type type, const field_rules* rules);
  void text(const field_rules* rules);
  void list(capnp::Type type, const field_rules& rules);
  void bounds(double lowest, double highest, const field_rules* rules);
  void default_of(const field_rules& rules);
  void enumeration(capnp::EnumSchema schema);

  json_writer& out_;
  std::map<std::string, definition> definitions_;
};

/// The name of a struct or enum in the document.
std::string schema_name(capnp::Schema schema);

} // namespace hive::http
