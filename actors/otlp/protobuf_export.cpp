#include "actors/otlp/attributes.hpp"
#include "actors/otlp/bounds.hpp"
#include "actors/otlp/export.hpp"
#include "actors/otlp/trace.pb.h"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"

#include <array>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <span>

namespace hive::otlp {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

/// Fields that may be repeated and are parsed into objects, from the outermost to the innermost.
constexpr std::array<int, 3> nested{proto::ExportTraceServiceRequest::kResourceSpansFieldNumber,
                                    proto::ResourceSpans::kScopeSpansFieldNumber, proto::ScopeSpans::kSpansFieldNumber};
constexpr size_t resource_level = 1; ///< the fields of ResourceSpans, one of which holds attributes

/// Counts the fields of an export down to those of its spans, so that one of many empty parts is refused before it is
/// parsed. False for one that is malformed or has too many.
bool count_fields(CodedInputStream& in, std::span<const int> path, uint32_t& count) {
  size_t level = nested.size() - path.size();
  while (auto tag = in.ReadTag()) {
    if (++count > defaults::max_export_fields)
      return false;
    auto number = WireFormatLite::GetTagFieldNumber(tag);
    bool is_length_delimited = WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    bool is_next = !path.empty() && number == path.front();
    bool is_resource = level == resource_level && number == proto::ResourceSpans::kResourceFieldNumber;
    if (!is_length_delimited || !(is_next || is_resource)) {
      if (!WireFormatLite::SkipField(&in, tag))
        return false;
      continue;
    }
    auto limit = in.ReadLengthAndPushLimit();
    if (!count_fields(in, is_next ? path.subspan(1) : std::span<const int>{}, count) ||
        !in.CheckEntireMessageConsumedAndPopLimit(limit))
      return false;
  }
  return true;
}

std::string hex_of(const std::string& id) {
  return to_hex({bytes_of(id), id.size()});
}

std::string text_of_value(const proto::AnyValue& value) {
  switch (value.value_case()) {
  case proto::AnyValue::kStringValue:
    return value.string_value();
  case proto::AnyValue::kIntValue:
    return std::to_string(value.int_value());
  case proto::AnyValue::kDoubleValue:
    return fmt::format("{}", value.double_value());
  default:
    return {};
  }
}

span span_of(const proto::Span& from) {
  constexpr int error_code = 2;
  span out{.trace_id = hex_of(from.trace_id()),
           .span_id = hex_of(from.span_id()),
           .parent_id = hex_of(from.parent_span_id()),
           .start_ns = from.start_time_unix_nano(),
           .end_ns = from.end_time_unix_nano(),
           .is_error = from.status().code() == error_code};
  for (const auto& each : from.attributes())
    if (is_read(each.key()))
      if (auto text = text_of_value(each.value()); is_utf8(text))
        out.attributes.insert_or_assign(each.key(), std::move(text));
  return out;
}

} // namespace

caf::expected<trace_export> decode_protobuf_export(std::string_view body) {
  uint32_t fields = 0;
  CodedInputStream counted{bytes_of(body), static_cast<int>(body.size())};
  bool is_readable = count_fields(counted, nested, fields) && counted.ConsumedEntireMessage();
  if (fields > defaults::max_export_fields)
    return fail(ec::too_large, fmt::format("the export has more than {} fields", defaults::max_export_fields));
  proto::ExportTraceServiceRequest decoded;
  if (!is_readable || !decoded.ParseFromArray(body.data(), static_cast<int>(body.size())))
    return fail(ec::malformed, "the body is no ExportTraceServiceRequest in protobuf");
  trace_export out;
  for (const auto& resource : decoded.resource_spans()) {
    auto& added = out.resources.emplace_back();
    for (const auto& each : resource.resource().attributes())
      if (each.key() == attribute::service_name)
        if (auto text = text_of_value(each.value()); is_utf8(text))
          added.service_name = std::move(text);
    for (const auto& scope : resource.scope_spans())
      for (const auto& each : scope.spans())
        added.spans.push_back(span_of(each));
  }
  return out;
}

std::string encode_protobuf_answer(uint64_t rejected_spans, const std::string& message) {
  proto::ExportTraceServiceResponse out;
  if (rejected_spans > 0 || !message.empty()) {
    out.mutable_partial_success()->set_rejected_spans(static_cast<int64_t>(rejected_spans));
    out.mutable_partial_success()->set_error_message(message);
  }
  return out.SerializeAsString();
}

std::string encode_protobuf_status(int code, const std::string& message) {
  proto::RpcStatus out;
  out.set_code(code);
  out.set_message(message);
  return out.SerializeAsString();
}

} // namespace hive::otlp
