#include "actors/benchmark/reports/metric_map_report.hpp"

#include "actors/benchmark/reports/result_file.hpp"
#include "messages/json.hpp"
#include "messages/json_text.hpp"
#include "messages/text.hpp"

#include <cmath>

namespace hive {
namespace {

constexpr std::string_view wrapper = "metrics";

caf::error refuse(ec code, const std::string& why) {
  return fail(code, "the metrics file " + why);
}

/// Whether the document is a measurement with its metrics in a member; else it is the metrics themselves, one of which
/// may be called `metrics`.
bool is_measurement(json_members members) {
  for (auto member : members) {
    if (as_view(member.getName()) != wrapper || !member.getValue().isObject())
      continue;
    for (auto field : member.getValue().getObject())
      if (as_view(field.getName()) == "value" && !field.getValue().isObject())
        return false;
    return true;
  }
  return false;
}

bool has_value(wire::Measurement::Reader measurement) {
  for (auto metric : measurement.getMetrics())
    if (std::isfinite(metric.getValue()))
      return true;
  return false;
}

} // namespace

caf::expected<msg<wire::Measurement>> read_metric_map(std::string_view bytes) {
  if (bytes.size() > max_result_file_bytes)
    return refuse(ec::too_large, "has more than " + std::to_string(max_result_file_bytes) + " bytes");
  bool is_wrapped = false;
  {
    capnp::MallocMessageBuilder scratch;
    auto members = parse_json_object(bytes, scratch);
    if (!members)
      return refuse(code_of(members.error()), "cannot be read: " + text_of(members.error()));
    is_wrapped = is_measurement(*members);
  }
  json_error why;
  auto out = from_json<wire::Measurement>(
    is_wrapped ? std::string{bytes} : "{\"" + std::string{wrapper} + "\":" + std::string{bytes} + "}", why);
  if (!out) {
    if (!is_wrapped && why.pointer.starts_with("/metrics"))
      why.pointer.erase(0, std::string_view{"/metrics"}.size());
    return refuse(why.code, "cannot be read: " + why.message());
  }
  if ((*out)->getSkipped().size() == 0 && !has_value(**out))
    return refuse(ec::no_data, "holds no metric with a value");
  return std::move(*out);
}

} // namespace hive
