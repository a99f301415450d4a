#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hive {

/// One GPU as its driver names it.
struct gpu_device {
  std::string uuid;      ///< empty: the driver cannot say
  std::string name;      ///< "unknown GPU (…)" when the driver counts it and cannot describe it
  uint64_t vram_mib = 0; ///< 0: the driver cannot say
};

/// The NVIDIA GPUs of this machine, or why there are none to be seen.
struct gpu_inventory {
  std::vector<gpu_device> devices;
  std::string reason; ///< set when `devices` is empty
};

/// Asks the NVIDIA management library, which is loaded at run time: a machine without a driver needs nothing.
gpu_inventory find_gpus();

} // namespace hive
