#pragma once

#include <caf/fwd.hpp>

namespace hive {

/// Makes every message type and the error category known to CAF. Both sides of a connection must call it: a type
/// that is not registered connects all the same and fails at the first send.
void register_messages(caf::actor_system_config& config);

} // namespace hive
