#pragma once

#include <caf/error.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hive {

/// A device that does not exist, for demonstrations and for CPU references of GPU programs.
struct simulated_gpu {
  std::string name = "simulated GPU"; ///< 1 to 96 printable bytes
  uint64_t vram_mib = 0;              ///< at least 1; what can be leased

  /// ec::invalid; the text begins with the offending key.
  caf::error validate() const;
};

/// Section [gpu] of a node's configuration.
struct gpu_options {
  /// The program hive-gpu-probe; empty: the one beside hived.
  std::filesystem::path probe;
  /// The driver's management library: a path, or a name that the dynamic linker finds.
  std::string library = "libnvidia-ml.so.1";
  std::vector<simulated_gpu> simulated;
  /// Devices of a lease are of one island of this many, by the driver's numbers, such as those that NVLink connects; 0:
  /// of any.
  uint32_t island = 0;

  /// ec::invalid; the text begins with the offending key.
  caf::error validate() const;
};

} // namespace hive
