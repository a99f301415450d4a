#include "apps/hived/wiring/door_group.hpp"

#include "actors/benchmark/command_adapter.hpp"
#include "actors/engines/engine_acceptor.hpp"

#include <caf/all.hpp>

namespace hive {

std::vector<service> door_group::services() {
  if (!node_.config.door.listen)
    return {};
  return {
    make_service("spawner", spawner_, [this] { return start_spawner(); }),
    make_service("engines", engines_,
                 [this] {
                   return spawn_engine_acceptor(node_.system, {tracker_.tracker, federation_.federation, spawner_},
                                                {node_.identity.id});
                 }),
    make_service("door", door_, [this] { return start_door(); }),
  };
}

spawner_actor door_group::start_spawner() {
  spawner_options options;
  options.keys = node_.identity.keys;
  options.policy = engine_policy(node_.config);
  options.is_first = node_.identity.epoch == 1 && !spawner_;
  auto make_adapter = [&system = node_.system, runner = adapters_.runner](const msg<wire::CommandSpec>& spec) {
    return spawn_command_adapter(system, {runner}, spec);
  };
  return spawn_spawner(node_.system, {federation_.federation, std::move(make_adapter), research_.research},
                       std::move(options));
}

caf::expected<door_actor> door_group::start_door() {
  auto& config = node_.config.door;
  door_options options;
  options.listen = *config.listen;
  options.advertise = config.advertise;
  options.join = config.join;
  options.identity = node_.identity;
  options.about = describe_node(node_.config);
  options.shown = config.shown;
  auto opened = spawn_door(node_.system, {federation_.federation, engines_}, std::move(options));
  if (!opened)
    return opened.error();
  config.listen = opened->at; // kept across restarts, even if any free port was requested
  return opened->door;
}

} // namespace hive
