#pragma once

#include "gpu/embodied/curriculum.hpp"
#include "gpu/embodied/device.hpp"
#include "gpu/heavy/result.hpp"

#include <cstddef>
#include <stop_token>

namespace hive::embodied {

/// The largest resident memory of this process so far, in bytes.
size_t peak_memory();

/// The figures of a finished curriculum. `device_bytes`: what the learner allocated.
std::vector<heavy::figure> figures_of(const outcome& learned, size_t ram_bytes, size_t device_bytes);

/// The result of a device, or why it was skipped.
heavy::result report(const curriculum& what, const device_report& found);

/// Learns the tiny curriculum on the CPU with the same kernels.
heavy::result run_reference(uint64_t seed, const std::stop_token& stop);

} // namespace hive::embodied
