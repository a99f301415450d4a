#pragma once

#include "gpu/probe/nvml.hpp"
#include "messages/gpu_probe.capnp.h"

#include <string>

namespace hive {

/// What identifies a device. Kept from the last poll that could read it, for a device that no longer tells.
struct gpu_identity {
  std::string uuid;
  std::string name;
  double minor;
};

/// Reads the device with this number of the driver into `out`. Whatever the driver refuses stays absent; what a lease
/// needs and is refused becomes the device's state and fault. Returns true when the library has another ABI.
bool read_device(const nvml::functions& lib, uint32_t index, wire::GpuReading::Builder out);

/// Sets the fields that identify a device. Without text, what `out` has stays.
void set_identity(const gpu_identity& from, wire::GpuReading::Builder out);

/// Sets state and fault by a call that was refused.
void set_fault(const char* function, int code, wire::GpuReading::Builder out);

} // namespace hive
