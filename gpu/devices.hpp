#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hive {

/// One GPU, as reported by its driver.
struct gpu_device {
  std::string uuid;      ///< empty when unknown
  std::string name;      ///< "unknown GPU (…)" when the driver counts the device but cannot describe it
  uint64_t vram_mib = 0; ///< 0 when unknown
};

/// The NVIDIA GPUs of this machine, or why none is visible.
struct gpu_inventory {
  std::vector<gpu_device> devices;
  std::string reason; ///< set when `devices` is empty
};

/// Queries the NVIDIA management library, which is loaded at run time: machines without a driver need nothing.
gpu_inventory find_gpus();

} // namespace hive
