#include "actors/benchmark/reports/metric_map_report.hpp"

#include "messages/ec.hpp"
#include "messages/json.hpp"

namespace hive {

caf::expected<msg<wire::Measurement>> read_metric_map(std::string_view bytes) {
  auto read = from_json<wire::Measurement>("{\"metrics\":" + std::string{bytes} + "}");
  if (!read)
    if (auto wrapped = from_json<wire::Measurement>(bytes))
      read = std::move(wrapped);
  if (!read)
    return fail(code_of(read.error()), "it is no map of metrics: " + text_of(read.error()));
  if ((*read)->getMetrics().size() == 0 && (*read)->getSkipped().size() == 0)
    return fail(ec::no_data, "it names no metric");
  return read;
}

} // namespace hive
