#pragma once

#include "actors/upgrade/gate/statement.hpp"

namespace hive::gate {

/// Whether two slots of one origin, kind, key and epoch contradict each other, so that together they prove that their
/// origin lies. False for slots of different epochs: that is a restored disk. Reads fields alone whose meaning never
/// changes, so that all versions of the software judge alike.
bool is_contradiction(const statement& one, const statement& other);

} // namespace hive::gate
