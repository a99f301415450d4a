#pragma once

namespace caf {
class actor_system_config;
} // namespace caf

namespace hive {

/// Registers the types of all messages of actors/remote/api.hpp, and how errors are printed. A message of any other
/// type that another process sends cannot be decoded: its receiver treats it as malformed.
void register_remote_messages(caf::actor_system_config& config);

} // namespace hive
