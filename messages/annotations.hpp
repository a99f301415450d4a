#pragma once

#include <capnp/schema.h>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

struct struct_rules;

/// A field's annotations (annotations.capnp) and its place in a message, read from the schema once and cached: schemas
/// are compiled in and never change while the process runs.
struct field_rules {
  static constexpr uint32_t default_max_length = 4096;

  capnp::StructSchema::Field field;
  capnp::schema::Type::Which type = capnp::schema::Type::VOID; ///< of the field: reading it from there takes its time
  capnp::schema::Type::Which element = capnp::schema::Type::VOID; ///< type of a list's elements
  /// Index in the pointer section, or in the data section as an array of values of this size.
  uint32_t offset = 0;
  uint64_t default_bits = 0;             ///< of a field in the data section, which holds value ^ default
  bool has_default_text = false;         ///< so that an absent text is not empty
  const struct_rules* content = nullptr; ///< of the struct, or of the structs in the list
  std::vector<std::string> choices;      ///< JSON names of the enum, or of the enums in the list
  std::string json_name;
  std::string json_member; ///< the name in quotes and a colon
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

/// A struct's annotations, and its fields.
struct struct_rules {
  static constexpr size_t max_fields = 64;

  bool tolerant = false;   ///< JSON members that it does not know are ignored (see $tolerant)
  uint16_t data_words = 0; ///< size of its data section
  uint16_t pointers = 0;   ///< size of its pointer section
  const field_rules* key = nullptr;
  /// Set when it has a key and one other field: in JSON a list of such structs is a map from the key to this field.
  const field_rules* only_value = nullptr;
  std::vector<field_rules> fields;         ///< in the order of the schema file
  std::vector<const field_rules*> checked; ///< those that can hold something wrong (see `check`)
  std::map<std::string, const field_rules*, std::less<>> by_json_name;

  /// The field with this JSON name, or null.
  const field_rules* find(std::string_view json_name) const;

  static const struct_rules& of(capnp::StructSchema schema);
};

/// The field of `schema` with this JSON name, or null.
const field_rules* find_field(capnp::StructSchema schema, std::string_view json_name);

/// The $doc of a struct or enum; empty when there is none.
std::string doc_of(capnp::Schema schema);

/// The $doc of an enumerant; empty when there is none.
std::string doc_of(capnp::EnumSchema::Enumerant enumerant);

} // namespace hive
