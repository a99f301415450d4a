#pragma once

#include <capnp/schema.h>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hive {

/// A field's annotations (annotations.capnp), read from the schema once and cached: schemas are compiled in and never
/// change while the process runs.
struct field_rules {
  static constexpr uint32_t default_max_length = 4096;

  capnp::StructSchema::Field field;
  capnp::schema::Type::Which type = capnp::schema::Type::VOID; ///< of the field: reading it from there takes its time
  std::string json_name;
  std::string doc;
  /// Set when the list is a JSON object: the field of its elements that holds the member's name.
  std::optional<capnp::StructSchema::Field> element_key;
  bool key = false;
  bool body = false;
  bool query = false;
  bool required = false;
  bool id = false;
  bool unix_micros = false;
  bool nullable = false;
  bool omit_default = false;
  bool import_only = false;
  bool json = false;
  bool also_number = false;
  uint32_t max_length = default_max_length;
  uint32_t max_elements = std::numeric_limits<uint32_t>::max();
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();

  /// The fields of `schema`, in the order of the schema file.
  static const std::vector<field_rules>& of(capnp::StructSchema schema);
};

/// The field of `schema` with this JSON name, or null.
const field_rules* find_field(capnp::StructSchema schema, std::string_view json_name);

/// Whether JSON members that `schema` does not know are ignored (see $tolerant).
bool is_tolerant(capnp::StructSchema schema);

/// The $doc of a struct or enum; empty when there is none.
std::string doc_of(capnp::Schema schema);

/// The $doc of an enumerant; empty when there is none.
std::string doc_of(capnp::EnumSchema::Enumerant enumerant);

} // namespace hive
