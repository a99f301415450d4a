@0xf2a4c0d1e83b6a30;
# The part of OTLP (OpenTelemetry protocol, traces) in JSON that a node reads and answers.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct ExportTraces $Hive.tolerant $Hive.maxBytes(67108864) $Hive.doc(
  "An export of OpenTelemetry spans: application/json, or application/x-protobuf with the same content, gzip permitted. See docs/how-to/opentelemetry.md.") {
  resourceSpans @0 :List(ResourceSpans) $Hive.name("resourceSpans");
}

struct ResourceSpans $Hive.tolerant {
  resource @0 :OtlpResource;
  scopeSpans @1 :List(ScopeSpans) $Hive.name("scopeSpans");
}

struct OtlpResource $Hive.tolerant {
  attributes @0 :List(OtlpAttribute);
}

struct ScopeSpans $Hive.tolerant {
  spans @0 :List(OtlpSpan);
}

struct OtlpSpan $Hive.tolerant {
  traceId @0 :Text $Hive.name("traceId") $Hive.maxLength(64) $Hive.doc("32 hexadecimal digits.");
  spanId @1 :Text $Hive.name("spanId") $Hive.maxLength(64) $Hive.doc("16 hexadecimal digits.");
  parentSpanId @2 :Text $Hive.name("parentSpanId") $Hive.maxLength(64);
  startTimeUnixNano @3 :UInt64 $Hive.name("startTimeUnixNano");
  endTimeUnixNano @4 :UInt64 $Hive.name("endTimeUnixNano");
  attributes @5 :List(OtlpAttribute);
  status @6 :OtlpStatus;
}

struct OtlpStatus $Hive.tolerant {
  code @0 :Text $Hive.alsoNumber $Hive.maxLength(64) $Hive.doc("2: error.");
}

struct OtlpAttribute $Hive.tolerant {
  key @0 :Text $Hive.maxLength(8388608);
  value @1 :OtlpValue;
}

struct OtlpValue $Hive.tolerant {
  stringValue @0 :Text $Hive.name("stringValue") $Hive.maxLength(16777216);
  intValue @1 :Text $Hive.name("intValue") $Hive.alsoNumber $Hive.maxLength(64);
  doubleValue @2 :Text $Hive.name("doubleValue") $Hive.alsoNumber $Hive.maxLength(64);
}

struct TracesExported $Hive.doc("The export was taken. What it says is durable.") {
  partialSuccess @0 :PartialSuccess $Hive.name("partialSuccess") $Hive.doc("Absent when all spans were taken.");
}

struct PartialSuccess {
  rejectedSpans @0 :UInt64 $Hive.name("rejectedSpans") $Hive.doc("Spans that cannot be used and must not be sent again.");
  errorMessage @1 :Text $Hive.name("errorMessage") $Hive.maxLength(4096) $Hive.doc("Why, for the first ones.");
}

struct RpcStatus $Hive.doc("google.rpc.Status: why an export was refused.") {
  code @0 :Int32 $Hive.doc("A code of gRPC.");
  message @1 :Text $Hive.maxLength(8192);
}
