#pragma once

#include <cstdint>

namespace hive {

/// Version of the store's layout: columns, keys, values, and the files beside the store. hived opens stores of this
/// version, migrates older ones and refuses newer ones. History:
///
/// 1: the columns of `column`, without a mark of acknowledged writes.
/// 2: the mark.
/// 3: column `audit`.
inline constexpr uint32_t store_schema_version = 3;

inline constexpr uint32_t first_schema = 1;

/// The newest version without a mark.
inline constexpr uint32_t last_schema_without_mark = 1;

} // namespace hive
