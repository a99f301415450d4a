#pragma once

#include "actors/store/api.hpp"
#include "platform/service_manager.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace hive {

struct notifier_services {
  committer_actor committer;
};

struct notifier_options {
  service_manager manager;
  std::function<std::string()> why_not_ready; ///< empty: ready; may wait for the disk
  std::chrono::milliseconds interval{5'000};  ///< between looks at `why_not_ready`
};

/// The status of a node that has no problem.
inline constexpr std::string_view status_ready = "ready";

/// Spawns the actor that keeps the service manager informed: of each change of `why_not_ready`, and within a third of
/// the manager's watchdog interval that the node lives. It says the latter only after the committer has answered, so a
/// node whose store hangs is ended by the manager. It has a thread of its own, and ends by an exit message alone.
caf::actor spawn_service_notifier(caf::actor_system& system, notifier_services services, notifier_options options);

} // namespace hive
