#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hive {

/// One GPU as its driver names it.
struct gpu_device {
  std::string uuid;
  std::string name;
  uint64_t vram_mib = 0;
};

/// The NVIDIA GPUs of this machine, or why there are none to be seen.
struct gpu_inventory {
  std::vector<gpu_device> devices;
  std::string reason; ///< set when `devices` is empty
};

/// Asks the NVIDIA management library, which is loaded at run time: a machine without a driver needs nothing.
gpu_inventory find_gpus();

} // namespace hive
