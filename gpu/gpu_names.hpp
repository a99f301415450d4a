#pragma once

#include "messages/gpu_probe.capnp.h"

#include <string>

namespace hive {

/// The device's name; `unknown GPU (why)` when the driver cannot tell it.
std::string name_of(wire::GpuReading::Reader device);

/// The names of all devices for a description of the machine: separated by commas, `none`, or `unknown: why`.
std::string names_of(wire::GpuReport::Reader report);

/// The same while nothing is known.
std::string names_of_unknown(const std::string& why);

/// The driver's version for a description of the machine, `none` without a driver; empty when unknown.
std::string driver_of(wire::GpuReport::Reader report);

} // namespace hive
