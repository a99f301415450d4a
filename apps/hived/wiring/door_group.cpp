#include "apps/hived/wiring/door_group.hpp"

#include <caf/all.hpp>

namespace hive {

std::vector<service> door_group::services() {
  if (!node_.config.door.listen)
    return {};
  return {make_service("door", door_, [this] { return start_door(); })};
}

caf::expected<door_actor> door_group::start_door() {
  auto& config = node_.config.door;
  door_options options;
  options.listen = *config.listen;
  options.advertise = config.advertise;
  options.join = config.join;
  options.identity = node_.identity;
  options.about = describe_node(node_);
  options.shown = config.shown;
  auto opened = spawn_door(node_.system, {federation_.federation, engines_.acceptor}, std::move(options));
  if (!opened)
    return opened.error();
  config.listen = opened->at; // kept across restarts, even if any free port was requested
  return opened->door;
}

} // namespace hive
