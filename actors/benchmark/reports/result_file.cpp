#include "actors/benchmark/reports/result_file.hpp"

#include "actors/benchmark/reports/metric_map_report.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

namespace hive {

std::optional<result_format> parse_result_format(std::string_view name) {
  return name == "metrics" ? std::optional{result_format::metrics} : std::nullopt;
}

caf::expected<msg<wire::Measurement>> read_result_file(std::string_view bytes, std::string_view format) {
  if (!format.empty() && !parse_result_format(format))
    return fail(ec::invalid, "there is no format " + printable(format));
  if (bytes.size() > max_result_file_bytes)
    return fail(ec::too_large, "it has more than " + std::to_string(max_result_file_bytes) + " bytes");
  return read_metric_map(bytes);
}

} // namespace hive
