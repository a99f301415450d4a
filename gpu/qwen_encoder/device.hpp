#pragma once

#include "gpu/qwen_encoder/model.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hive::qwen {

struct device_request {
  shape sizes;
  extent input;
  uint64_t seed = 0;
  std::string cublaslt;          ///< file of the library; empty: by its names, of versions 13 to 11
  std::function<bool()> stopped; ///< asked between passes; the measurement then ends early
};

/// What a device did. Either `skipped` says why it could not, or the rest is set.
struct device_report {
  std::string skipped;
  std::string device;           ///< name and UUID
  std::string library;          ///< version of cuBLASLt
  std::vector<double> passes_s; ///< time of each timed pass, on the device's clock
  size_t memory_bytes = 0;      ///< allocated on the device
  double difference = 0;        ///< of the tiny shape on the device from the CPU in double precision
};

/// Encodes on the one visible device. Throws std::runtime_error that says what failed; that includes a result of the
/// tiny shape that differs from the CPU's by more than bf16's rounding explains.
device_report run_on_device(const device_request& request);

} // namespace hive::qwen
