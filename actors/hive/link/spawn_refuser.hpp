#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

namespace hive {

/// Registered while it exists in place of CAF's spawn server, which forbid_remote_spawning removed: refuses remote
/// spawns with ec::forbidden and a log line.
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
