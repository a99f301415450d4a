@0xf2a4c0d1e83b6a01;
# Annotations that let one schema serve as message, disk format, JSON and OpenAPI.
#
# JSON names are the snake_case of the field's name; everything else that JSON or the border check
# (messages/check.hpp) needs to know about a field stands here.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("hive::wire");

annotation doc @0xf2a4c0d1e83b6b01(struct, field, enum, enumerant) : Text;
# One sentence for a reader of the API. Ends up in the OpenAPI document.

annotation maxBytes @0xf2a4c0d1e83b6b02(struct) : UInt32;
# The largest encoded message with this root. Without it: 1 MiB.

annotation name @0xf2a4c0d1e83b6b03(field, enumerant) : Text;
# The JSON name, where it is not the snake_case of the field's name.

annotation key @0xf2a4c0d1e83b6b04(field) : Void;
# On a Text field of a list's element struct: such a list is a JSON object whose keys are this field.

annotation body @0xf2a4c0d1e83b6b05(field) : Void;
# The HTTP body is this field; the other fields come from path and query.

annotation query @0xf2a4c0d1e83b6b06(field) : Void;
# On a route with a body: this field comes from the query string all the same.

annotation required @0xf2a4c0d1e83b6b07(field) : Void;
# Must be given; Text and Data must not be empty, lists neither.

annotation id @0xf2a4c0d1e83b6b08(field) : Void;
# Text that matches the pattern for ids and versions, see messages/ids.hpp. Empty counts as not given.

annotation maxLength @0xf2a4c0d1e83b6b09(field) : UInt32;
# Longest Text in bytes (without it: 4,096), or most elements of a list (without it: no own bound).

annotation min @0xf2a4c0d1e83b6b0a(field) : Float64;
annotation max @0xf2a4c0d1e83b6b0b(field) : Float64;
# Inclusive bounds of a number.

annotation unixMicros @0xf2a4c0d1e83b6b0c(field) : Void;
# Int64 microseconds since 1970 in UTC; ISO-8601 in JSON. 0 counts as not given.

annotation nullable @0xf2a4c0d1e83b6b0d(field) : Void;
# Float64 whose NaN means "no value": null in JSON. Every other Float64 must be finite.

annotation omitDefault @0xf2a4c0d1e83b6b0e(field) : Void;
# Left out of JSON while it holds its default. Absent Text is always left out.

annotation importOnly @0xf2a4c0d1e83b6b0f(field) : Void;
# Read from JSON, never written.

annotation retired @0xf2a4c0d1e83b6b10(field) : Void;
# No longer used: kept so that its ordinal is not used again. Neither JSON nor the border check knows it. A field whose
# default must change is retired and followed by a new one, because a default is part of the encoding.

annotation tolerant @0xf2a4c0d1e83b6b20(struct) : Void;
# Another system writes this too: JSON members that are not in the schema are passed over, and so is an optional list or
# struct that is given as something else. Without it both are errors.
