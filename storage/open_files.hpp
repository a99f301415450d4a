#pragma once

#include <algorithm>
#include <cstddef>

namespace hive {

/// Range for the number of files that the store keeps open: RocksDB's minimum, and a maximum above which more do not
/// help.
inline constexpr size_t min_open_files = 20;
inline constexpr size_t max_open_files = 512;

/// Descriptors reserved for everything but the store's optional open files, including the store's own minimum. A node
/// with an empty store has about 30 open.
inline constexpr size_t reserved_descriptors = 48;

/// Number of files that the store keeps open in a process limited to `limit` descriptors: half of the unreserved ones.
constexpr size_t open_files_of_store(size_t limit) {
  return std::clamp((limit - std::min(limit, reserved_descriptors)) / 2, min_open_files, max_open_files);
}

} // namespace hive
