#pragma once

#include <cstdint>

namespace hive {

/// Version of the store's layout: columns, keys, values, and the files beside the store. hived opens stores of this
/// version, migrates older ones and refuses newer ones. History:
///
/// 1: the columns of `column`, without a mark of acknowledged writes.
/// 2: the mark.
inline constexpr uint32_t store_schema_version = 2;

/// The newest version without a mark.
inline constexpr uint32_t last_schema_without_mark = 1;

} // namespace hive
