#include "actors/hive/network.hpp"

#include "actors/hive/log_budget.hpp"
#include "actors/interfaces.hpp"
#include "messages/ec.hpp"

#include <caf/actor_registry.hpp>
#include <caf/all.hpp>
#include <caf/io/middleman.hpp>
#include <spdlog/spdlog.h>

namespace hive {
namespace {

/// Of a name that a stranger chose.
constexpr size_t max_logged_type = 64;

struct refuser_state {
  static inline const char* name = "refuser";
  log_budget budget{std::chrono::steady_clock::now()};
};

/// Stands where CAF's own actor would spawn for any linked process, and says no.
caf::behavior refuser(caf::stateful_actor<refuser_state>* self) {
  self->set_default_handler(caf::drop); // such as CAF's questions to each process that it meets
  return {[self](caf::spawn_atom, const std::string& type, const caf::message&,
                 const std::set<std::string>&) -> caf::result<caf::strong_actor_ptr> {
    uint64_t left_out = 0;
    if (self->state.budget.take(std::chrono::steady_clock::now(), left_out))
      spdlog::warn("Another process asked CAF to spawn {} here, which is refused: that takes a ticket",
                   type.substr(0, max_logged_type));
    return fail(ec::forbidden, "nothing is spawned here without a ticket");
  }};
}

} // namespace

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
  config.add_message_type<link_actor>("hive.link_actor");
  config.add_message_type<engine_gate_actor>("hive.engine_gate_actor");
  config.add_message_type<engine_presence_actor>("hive.engine_presence_actor");
  config.add_message_type<adapter_actor>("hive.adapter_actor");
  config.add_message_type<research_session_actor>("hive.research_session_actor");
}

void forbid_remote_spawning(caf::actor_system& system) {
  auto spawn_server = caf::atom("SpawnServ");
  system.registry().erase(spawn_server);
  system.registry().put(spawn_server, caf::actor_cast<caf::strong_actor_ptr>(system.spawn<caf::hidden>(refuser)));
  system.registry().erase(caf::atom("ConfigServ"));
}

} // namespace hive
