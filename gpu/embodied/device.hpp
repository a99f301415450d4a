#pragma once

#include "gpu/embodied/curriculum.hpp"

#include <functional>
#include <string>

namespace hive::embodied {

/// What a device did. Either `skipped` says why it could not, or the rest is set.
struct device_report {
  std::string skipped;
  std::string device; ///< name and UUID
  outcome learned;
  size_t memory_bytes = 0; ///< allocated on the device
  double difference = 0;   ///< of the tiny curriculum's accuracies on the device from the CPU's in double precision
};

/// Learns on the one visible device. Throws std::runtime_error that says what failed; that includes accuracies of the
/// tiny curriculum that differ from the CPU's by more than rounding explains.
device_report run_on_device(const curriculum& what, const std::function<bool()>& stopped);

} // namespace hive::embodied
