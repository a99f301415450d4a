#pragma once

#include <cstdint>

namespace hive {

/// What this process takes, in the units of Prometheus's process metrics.
struct process_usage {
  double cpu_seconds = 0;
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t open_descriptors = 0;
  uint64_t max_descriptors = 0;
  uint64_t threads = 0;
  double start_time = 0; ///< Unix time in seconds
};

/// Reads /proc/self; what cannot be read is 0.
process_usage read_process_usage();

} // namespace hive
