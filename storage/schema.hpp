#pragma once

#include <cstdint>

namespace hive {

/// Version of the store's layout: columns, keys, values, and the files beside the store. hived opens stores of this
/// version, takes over older ones and refuses newer ones, also after a downgrade. So it rises only when an older hived
/// would misread or lose something; docs/decisions/0056-versions-of-what-is-stored-and-said.md has the rule. Defined in
/// a file of its own, as tests link the same node with a later version. History:
///
/// 1: the columns of `column`, without a mark of acknowledged writes.
/// 2: the mark.
extern const uint32_t store_schema_version;

/// The newest version without a mark.
inline constexpr uint32_t last_schema_without_mark = 1;

} // namespace hive
