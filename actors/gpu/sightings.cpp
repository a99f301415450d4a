#include "actors/gpu/sightings.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <cmath>

namespace hive {
namespace {

using wire::GpuAvailability;

gpu::mib mib_of(double used) {
  return std::isnan(used) ? 0 : static_cast<gpu::mib>(std::ceil(used));
}

/// Why nothing is granted on a device that the driver describes; empty when it can be leased.
std::string find_obstacle(wire::GpuReading::Reader device) {
  if (device.hasRemappedRows() && (device.getRemappedRows().getPending() || device.getRemappedRows().getFailed()))
    return "rows of its memory have failed and wait for a reset to be remapped";
  if (device.getRetiredPagesPending() == wire::GpuFlag::YES)
    return "pages of its memory have failed and wait for a reset to be retired";
  if (device.getComputeMode() == wire::GpuComputeMode::PROHIBITED)
    return "its compute mode is prohibited";
  return {};
}

void judge(wire::GpuReading::Reader device, gpu::sighting& out) {
  auto fault = std::string{as_view(device.getFault().getText())};
  if (device.getState() == wire::GpuState::LOST || device.getState() == wire::GpuState::RESET_REQUIRED) {
    out.state = GpuAvailability::LOST;
    out.reason = fault.empty() ? "the driver has lost it" : fault;
  } else if (device.getMigParent()) {
    out.state = GpuAvailability::REFUSED;
    out.reason = "it is divided into MIG devices, or will be";
  } else if (device.getState() != wire::GpuState::OK || !device.hasMemory()) {
    out.state = GpuAvailability::UNKNOWN;
    out.reason = fault.empty() ? "the driver does not tell its memory" : fault;
  } else if (auto obstacle = find_obstacle(device); !obstacle.empty()) {
    out.state = GpuAvailability::UNKNOWN;
    out.reason = std::move(obstacle);
  }
}

void add_usage(std::vector<gpu::usage>& to, lease_id lease, gpu::mib used) {
  auto known = std::ranges::find(to, lease, &gpu::usage::lease);
  if (known == to.end())
    to.push_back({lease, used});
  else
    known->used += used;
}

gpu::sighting to_sighting(wire::GpuReading::Reader device, const find_lease_of_process& lease_of, uint32_t island) {
  gpu::sighting out;
  out.uuid = as_view(device.getUuid());
  out.island = island == 0 ? 0 : device.getIndex() / island;
  judge(device, out);
  auto memory = device.getMemory();
  out.total = memory.getTotalMib();
  out.reserved = std::min(memory.getReservedMib(), memory.getTotalMib());
  out.used = memory.getUsedMib();
  for (auto process : device.getProcesses().getList()) {
    auto used = mib_of(process.getUsedMib());
    if (auto lease = lease_of(process.getPid()))
      add_usage(out.leased, *lease, used);
    else
      out.foreign += used;
  }
  return out;
}

} // namespace

std::vector<gpu::sighting> to_sightings(wire::GpuReport::Reader report, const find_lease_of_process& lease_of,
                                        uint32_t island) {
  std::vector<gpu::sighting> out;
  for (auto device : report.getDevices())
    if (device.hasUuid() && device.getUuid().size() > 0)
      out.push_back(to_sighting(device, lease_of, island));
  return out;
}

} // namespace hive
