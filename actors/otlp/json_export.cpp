#include "actors/otlp/attributes.hpp"
#include "actors/otlp/export.hpp"
#include "messages/json.hpp"
#include "messages/otlp.capnp.h"
#include "messages/text.hpp"

#include <algorithm>

namespace hive::otlp {
namespace {

/// Ids are hexadecimal in JSON, in either case.
std::string lower_case(capnp::Text::Reader text) {
  std::string out{as_view(text)};
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return out;
}

std::string text_of_value(wire::OtlpValue::Reader value) {
  if (value.hasStringValue())
    return std::string{as_view(value.getStringValue())};
  return std::string{as_view(value.hasIntValue() ? value.getIntValue() : value.getDoubleValue())};
}

span span_of(wire::OtlpSpan::Reader from) {
  span out{.trace_id = lower_case(from.getTraceId()),
           .span_id = lower_case(from.getSpanId()),
           .parent_id = lower_case(from.getParentSpanId()),
           .start_ns = from.getStartTimeUnixNano(),
           .end_ns = from.getEndTimeUnixNano()};
  auto code = as_view(from.getStatus().getCode());
  out.is_error = code == "2" || code == "STATUS_CODE_ERROR";
  for (auto each : from.getAttributes())
    if (is_read(as_view(each.getKey())))
      out.attributes.insert_or_assign(std::string{as_view(each.getKey())}, text_of_value(each.getValue()));
  return out;
}

} // namespace

caf::expected<trace_export> decode_json_export(std::string_view body) {
  auto decoded = from_json<wire::ExportTraces>(body);
  if (!decoded)
    return decoded.error();
  trace_export out;
  for (auto resource : (*decoded)->getResourceSpans()) {
    auto& added = out.resources.emplace_back();
    for (auto each : resource.getResource().getAttributes())
      if (as_view(each.getKey()) == attribute::service_name)
        added.service_name = text_of_value(each.getValue());
    for (auto scope : resource.getScopeSpans())
      for (auto each : scope.getSpans())
        added.spans.push_back(span_of(each));
  }
  return out;
}

} // namespace hive::otlp
