#pragma once

#include "gpu/ledger/event.hpp"
#include "messages/gpu_probe.capnp.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace hive {

/// The lease that a process belongs to, if any.
using find_lease_of_process = std::function<std::optional<lease_id>(uint32_t pid)>;

/// What a poll says about the devices, in the ledger's terms. Devices without a uuid cannot be told apart and are left
/// out. `island`: devices that are connected to each other better than to others, by their numbers; 0: all.
std::vector<gpu::sighting> to_sightings(wire::GpuReport::Reader report, const find_lease_of_process& lease_of,
                                        uint32_t island = 0);

} // namespace hive
