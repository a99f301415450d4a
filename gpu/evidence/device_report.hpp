#pragma once

#include "messages/gpu.capnp.h"
#include "messages/gpu_probe.capnp.h"
#include "messages/msg.hpp"

#include <string_view>
#include <vector>

namespace hive::gpu {

/// What hive-gpu-report printed on standard output: a line per device, at most 64. ec::malformed or ec::invalid names
/// the line.
caf::expected<std::vector<msg<wire::GpuMeasurement>>> read_device_report(std::string_view text);

/// The evidence with the bandwidths that were measured before and after the run, judged anew. Devices that are not the
/// run's are ignored; one that was measured only once keeps the one value, which says nothing of a change.
msg<wire::RunEvidence> add_bandwidth(const msg<wire::RunEvidence>& evidence,
                                     const std::vector<msg<wire::GpuMeasurement>>& before,
                                     const std::vector<msg<wire::GpuMeasurement>>& after);

/// The same with what hive-gpu-report printed. A text that cannot be read, such as that of a report that failed, says
/// nothing of any device.
msg<wire::RunEvidence> add_bandwidth(const msg<wire::RunEvidence>& evidence, std::string_view before,
                                     std::string_view after);

} // namespace hive::gpu
