#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

namespace hive {

/// Stands, as long as it exists, where CAF's own actor would spawn for any process that is connected, and says no:
/// ec::forbidden and a line in the log. forbid_remote_spawning has taken that one away.
class spawn_refuser {
public:
  explicit spawn_refuser(caf::actor_system& system);
  ~spawn_refuser();
  spawn_refuser(const spawn_refuser&) = delete;
  spawn_refuser& operator=(const spawn_refuser&) = delete;

private:
  caf::actor_system& system_;
  caf::actor actor_;
};

} // namespace hive
