#include "actors/benchmark/result_slots.hpp"

#include "actors/defaults.hpp"
#include "messages/ids.hpp"
#include "messages/text.hpp"

#include <cmath>
#include <vector>

namespace hive {
namespace {

struct named_point {
  std::string_view metric;
  wire::SeriesPoint::Reader point;
};

/// Upper bound on a metric's share of the packed slot.
size_t most_bytes(const named_point& metric) {
  constexpr size_t figures = 48;
  auto text = metric.metric.size() + metric.point.getUnit().size();
  return figures + text + text / 4;
}

size_t count_fitting(const std::vector<named_point>& metrics) {
  size_t bytes = 0, count = 0;
  while (count < metrics.size() && bytes + most_bytes(metrics[count]) <= defaults::max_slot_payload_bytes)
    bytes += most_bytes(metrics[count++]);
  return count;
}

std::string to_payload(const std::vector<named_point>& metrics) {
  auto kept = count_fitting(metrics);
  return to_packed(msg<wire::SharedResults>::build([&](wire::SharedResults::Builder out) {
    auto list = out.initMetrics(static_cast<uint32_t>(kept));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setName(std::string{metrics[i].metric});
      list[i].setValue(metrics[i].point.getValue());
      list[i].setDirection(metrics[i].point.getDirection());
      if (metrics[i].point.hasUnit())
        list[i].setUnit(metrics[i].point.getUnit());
    }
    out.setLeftOut(static_cast<uint32_t>(metrics.size() - kept));
  }));
}

/// Other nodes keep 256 slots per node; replica_options::own_room_slots has the sum. Results use only half of the
/// bytes, since nodes that lag behind hold old slots beside new ones until they have caught up.
constexpr slot_quota result_quota{.keys = 159, .bytes = 512u << 10};

} // namespace

slot_rules latest_results_rules() {
  auto decode = [](std::string_view, std::string_view payload) -> caf::expected<slot_content> {
    auto results = from_result_slot(payload);
    if (!results)
      return results.error();
    return make_content(std::move(*results));
  };
  return {latest_results_kind, "latest results", decode, {}, result_quota};
}

std::map<std::string, std::string> to_result_slots(wire::LatestResults::Reader results) {
  std::map<std::string, std::vector<named_point>> by_adapter;
  for (auto point : results.getResults()) {
    auto name = as_view(point.getName());
    auto dot = name.find('.');
    if (dot == name.npos || !is_valid_id(name.substr(0, dot)) || dot + 1 == name.size() ||
        !std::isfinite(point.getValue()))
      continue;
    by_adapter[std::string{name.substr(0, dot)}].push_back({name.substr(dot + 1), point});
  }
  std::map<std::string, std::string> out;
  for (const auto& [adapter, metrics] : by_adapter)
    out[adapter] = to_payload(metrics);
  return out;
}

caf::expected<msg<wire::SharedResults>> from_result_slot(std::string_view payload) {
  return from_packed<wire::SharedResults>(payload);
}

} // namespace hive
