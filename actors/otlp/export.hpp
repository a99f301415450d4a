#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hive::otlp {

/// A span of an export, as far as a node reads it.
struct span {
  std::string trace_id;  ///< 32 lower-case hex digits; another length: not valid
  std::string span_id;   ///< 16 lower-case hex digits; another length: not valid
  std::string parent_id; ///< empty: none
  uint64_t start_ns = 0; ///< since 1970
  uint64_t end_ns = 0;
  bool is_error = false; ///< status code ERROR

  /// The attributes that are read, as text: numbers in decimal.
  std::map<std::string, std::string, std::less<>> attributes{};
};

/// The spans of one resource, usually a process.
struct resource_spans {
  std::string service_name;
  std::vector<span> spans;
};

/// What one export request has.
struct trace_export {
  std::vector<resource_spans> resources;
};

/// Decodes an ExportTraceServiceRequest in JSON or in protobuf. Fails with ec::malformed, or with ec::too_large for one
/// with more parts than its memory is worth.
caf::expected<trace_export> decode_json_export(std::string_view body);
caf::expected<trace_export> decode_protobuf_export(std::string_view body);

/// Whether a node reads the attribute of a span. Others, such as the texts of prompts, are dropped at once.
bool is_read(std::string_view name);

/// An ExportTraceServiceResponse in protobuf. Without rejected spans and message it is empty.
std::string encode_protobuf_answer(uint64_t rejected_spans, const std::string& message);

/// A google.rpc.Status in protobuf.
std::string encode_protobuf_status(int code, const std::string& message);

} // namespace hive::otlp
