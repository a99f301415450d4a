@0xf2a4c0d1e83b6a01;
# Annotations that let one schema serve as message, disk format, JSON and OpenAPI.
#
# A field's JSON name is its name in snake_case. Everything else that JSON or the border check (messages/check.hpp)
# needs to know about a field is annotated here.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("hive::wire");

annotation doc @0xf2a4c0d1e83b6b01(struct, field, enum, enumerant) : Text;
# One sentence for users of the API; it appears in the OpenAPI document.

annotation maxBytes @0xf2a4c0d1e83b6b02(struct) : UInt32;
# Size limit of an encoded message with this root, in bytes. Default: 1 MiB.

annotation name @0xf2a4c0d1e83b6b03(field, enumerant) : Text;
# The JSON name, where it differs from the snake_case of the field's name.

annotation key @0xf2a4c0d1e83b6b04(field) : Void;
# Marks a Text field of a list's element struct: the list becomes a JSON object with this field as the member name.

annotation body @0xf2a4c0d1e83b6b05(field) : Void;
# The HTTP body is this field; the other fields come from the path and the query string.

annotation query @0xf2a4c0d1e83b6b06(field) : Void;
# On a route with a body: this field comes from the query string nevertheless.

annotation required @0xf2a4c0d1e83b6b07(field) : Void;
# Must be present. Text, Data and lists must not be empty.

annotation id @0xf2a4c0d1e83b6b08(field) : Void;
# Text that must match the pattern for ids and versions (messages/ids.hpp). Empty means absent.

annotation maxLength @0xf2a4c0d1e83b6b09(field) : UInt32;
# Maximum length of a Text in bytes (default: 4,096) or of a list in elements (default: no limit of its own).

annotation min @0xf2a4c0d1e83b6b0a(field) : Float64;
annotation max @0xf2a4c0d1e83b6b0b(field) : Float64;
# Inclusive bounds of a number.

annotation unixMicros @0xf2a4c0d1e83b6b0c(field) : Void;
# Int64 microseconds since 1970 in UTC, ISO-8601 in JSON. 0 means absent.

annotation nullable @0xf2a4c0d1e83b6b0d(field) : Void;
# Float64 in which NaN means "no value" and becomes null in JSON. Every other Float64 must be finite.

annotation omitDefault @0xf2a4c0d1e83b6b0e(field) : Void;
# Omitted from JSON while it holds its default. Absent Text is always omitted.

annotation importOnly @0xf2a4c0d1e83b6b0f(field) : Void;
# Read from JSON, never written.

annotation retired @0xf2a4c0d1e83b6b10(field) : Void;
# No longer used, kept so that its ordinal is not reused. JSON and the border check ignore it. To change a field's
# default, retire the field and add a new one: a default is part of the encoding.

annotation json @0xf2a4c0d1e83b6b11(field) : Void;
# Text that holds a JSON value of any kind. In JSON it is that value itself.

annotation alsoNumber @0xf2a4c0d1e83b6b12(field) : Void;
# A Text field that JSON may hold as a number too; a whole number becomes its digits.

annotation tolerant @0xf2a4c0d1e83b6b20(struct) : Void;
# Other systems write this struct too. Unknown JSON members are ignored, and so are optional lists and structs whose
# JSON value has another type. Without this annotation both are errors.
