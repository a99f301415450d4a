#pragma once

#include <algorithm>
#include <cstddef>

namespace hive {

/// Files that the store keeps open: the fewest that RocksDB works with, and the most that help.
inline constexpr size_t min_open_files = 20;
inline constexpr size_t max_open_files = 512;

/// Descriptors of a process that its store leaves to all others in any case, its own fewest files among them. A
/// node with an empty store has some 30 open.
inline constexpr size_t reserved_descriptors = 48;

/// How many files the store keeps open in a process that may have `limit` descriptors: half of what is not reserved.
constexpr size_t open_files_of_store(size_t limit) {
  return std::clamp((limit - std::min(limit, reserved_descriptors)) / 2, min_open_files, max_open_files);
}

} // namespace hive
