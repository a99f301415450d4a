#include "actors/hive/link/network.hpp"

#include "actors/remote/api.hpp"
#include "messages/ec.hpp"

#include <caf/actor_registry.hpp>
#include <caf/io/middleman.hpp>

namespace hive {
caf::error network_options::validate() const {
  if (heartbeat.count() <= 0)
    return fail(ec::invalid, "heartbeat_ms must be above 0");
  if (link_timeout < 2 * heartbeat)
    return fail(ec::invalid, "timeout_ms must be at least twice heartbeat_ms, or one late heartbeat is a lost link");
  return caf::none;
}

void configure_network(caf::actor_system_config& config, const network_options& options) {
  config.load<caf::io::middleman>();
  config.set("middleman.heartbeat-interval", caf::timespan{options.heartbeat});
  config.set("middleman.connection-timeout", caf::timespan{options.link_timeout});
  config.set("middleman.enable-automatic-connections", false);
  // These names travel in handles: nodes and engines of earlier versions know them.
  config.add_message_type<link_actor>("hive.link_actor");
  config.add_message_type<engine_session_actor>("hive.engine_gate_actor");
  config.add_message_type<engine_presence_actor>("hive.engine_presence_actor");
  config.add_message_type<adapter_actor>("hive.adapter_actor");
  config.add_message_type<research_session_actor>("hive.research_session_actor");
}

void forbid_remote_spawning(caf::actor_system& system) {
  system.registry().erase(caf::atom("SpawnServ"));
  system.registry().erase(caf::atom("ConfigServ"));
}

} // namespace hive
