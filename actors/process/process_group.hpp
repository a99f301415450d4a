#pragma once

#include <chrono>
#include <sys/types.h>

namespace hive::detail {

/// Waits until no process of the group runs any more, at most `limit`; at once when none does. Zombies do not run. The
/// group's leader must have been reaped. Whether all have ended.
bool wait_for_group_end(pid_t group, std::chrono::milliseconds limit);

} // namespace hive::detail
