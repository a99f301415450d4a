#include "gpu/evidence/device_report.hpp"

#include "gpu/evidence/classify.hpp"
#include "messages/change.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>

namespace hive::gpu {
namespace {

constexpr size_t max_devices_of_a_report = 64; // as in a poll

/// NaN if the device was not measured.
double bandwidth_of(const std::vector<msg<wire::GpuMeasurement>>& report, capnp::Text::Reader uuid) {
  for (const auto& each : report)
    if (each->getUuid() == uuid)
      return each->getBandwidthGbS();
  return std::nan("");
}

} // namespace

caf::expected<std::vector<msg<wire::GpuMeasurement>>> read_device_report(std::string_view text) {
  std::vector<msg<wire::GpuMeasurement>> out;
  for (size_t number = 1; !text.empty(); ++number) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty())
      continue;
    if (out.size() == max_devices_of_a_report)
      return fail(ec::invalid, "more than " + std::to_string(max_devices_of_a_report) + " devices were measured");
    auto device = from_json<wire::GpuMeasurement>(line);
    if (!device)
      return fail(code_of(device.error()), "line " + std::to_string(number) + ": " + text_of(device.error()));
    out.push_back(std::move(*device));
  }
  return out;
}

msg<wire::RunEvidence> add_bandwidth(const msg<wire::RunEvidence>& evidence,
                                     const std::vector<msg<wire::GpuMeasurement>>& before,
                                     const std::vector<msg<wire::GpuMeasurement>>& after) {
  return changed(evidence, [&](wire::RunEvidence::Builder out) {
    for (auto device : out.getDevices()) {
      device.setBandwidthBefore(bandwidth_of(before, device.asReader().getUuid()));
      device.setBandwidthAfter(bandwidth_of(after, device.asReader().getUuid()));
    }
    judge(out);
  });
}

msg<wire::RunEvidence> add_bandwidth(const msg<wire::RunEvidence>& evidence, std::string_view before,
                                     std::string_view after) {
  auto read = [](std::string_view text) {
    auto report = read_device_report(text);
    return report ? *report : std::vector<msg<wire::GpuMeasurement>>{};
  };
  return add_bandwidth(evidence, read(before), read(after));
}

} // namespace hive::gpu
