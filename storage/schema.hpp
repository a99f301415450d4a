#pragma once

#include <cstdint>

namespace hive {

/// Version of the store's layout: its columns, their keys and values, and the files beside it. A hived opens stores of
/// this version and migrates older ones; it refuses newer ones. What a version added:
///
/// 1: the columns of `column`, without a mark of acknowledged writes.
/// 2: the mark.
inline constexpr uint32_t store_schema_version = 2;

/// The newest version whose stores have no mark.
inline constexpr uint32_t last_schema_without_mark = 1;

} // namespace hive
