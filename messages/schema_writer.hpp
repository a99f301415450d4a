#pragma once

#include "messages/annotations.hpp"
#include "messages/json_builder.hpp"

#include <capnp/schema.h>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace hive {

/// Writes Cap'n Proto schemas as JSON Schema according to messages/json.hpp, and collects referenced schemas so that
/// each is written once.
class schema_writer {
public:
  /// `definitions_at` is where the document has the members that `definitions` writes, as the start of a reference.
  schema_writer(json_builder& out, std::string_view definitions_at) : out_{out}, definitions_at_{definitions_at} {
  }

  /// Writes {"$ref": …} to a struct, as an unnamed value.
  void reference(capnp::StructSchema to);

  /// Writes the schema of a field's value, with description, bounds and default.
  void field_value(const field_rules& field);

  /// Writes the object schema of a struct without the fields in `left_out`.
  void object(capnp::StructSchema schema, std::span<const field_rules* const> left_out);

  /// Writes the object schema of a struct as a document of its own, with all that it references under "$defs": the
  /// definitions are then at "#/$defs/". A closed one says that no other members may be given.
  void document(capnp::StructSchema schema, std::span<const field_rules* const> left_out, bool is_closed);

  /// Writes all schemas that were referenced, directly or indirectly.
  void definitions();

private:
  struct definition {
    capnp::Schema schema;
    bool written = false;
  };

  void refer(capnp::Schema to);
  void members_of_object(capnp::StructSchema schema, std::span<const field_rules* const> left_out);
  void scalar(capnp::Type type, const field_rules* rules);
  void integer(capnp::Type type, const field_rules* rules);
  void text(const field_rules* rules);
  void list(capnp::Type type, const field_rules& rules);
  void bounds(double lowest, double highest, const field_rules* rules);
  void default_of(const field_rules& rules);
  void enumeration(capnp::EnumSchema schema);

  json_builder& out_;
  const std::string definitions_at_;
  std::map<std::string, definition> definitions_;
};

/// The name of a struct or enum in the document.
std::string schema_name(capnp::Schema schema);

} // namespace hive
