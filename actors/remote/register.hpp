#pragma once

namespace caf {
class actor_system_config;
} // namespace caf

namespace hive {

/// Registers all message types of actors/remote/api.hpp, and the rendering of errors. Messages of other types cannot be
/// decoded: their receivers treat them as malformed.
void register_remote_messages(caf::actor_system_config& config);

} // namespace hive
