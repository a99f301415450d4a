#include "apps/hived/wiring/door_group.hpp"

#include <caf/all.hpp>

namespace hive {

std::vector<service> door_group::services() {
  if (!node_.config.door.listen)
    return {};
  std::vector<service> out{make_service("door", door_, [this] { return start_door(); })};
  if (node_.config.door.shown)
    out.push_back(make_service("certificates", watch_, [this] { return start_watch(); }));
  return out;
}

std::function<void()> door_group::certificate_reload() const {
  return [at = watch_address_] {
    if (auto watch = caf::actor_cast<caf::strong_actor_ptr>(at->get()))
      caf::anon_send(caf::actor_cast<credential_watch_actor>(watch), look_at_credentials{});
  };
}

credential_watch_actor door_group::start_watch() {
  credential_watch_services services;
  services.door = door_;
  services.on_renewed = [shown = node_.shown, federation = federation_.federation](const credentials& next) {
    shown->set(next);
    caf::anon_send(federation, trust_in(next));
  };
  services.on_revocations = [federation = federation_.federation](const std::string& path, std::string text) {
    caf::anon_send(federation, revocation_file{path, std::move(text)});
  };
  auto out = spawn_credential_watch(node_.system, std::move(services), {node_.config.door.tls, *node_.shown->get()});
  watch_address_->set(out.address());
  return out;
}

caf::expected<door_actor> door_group::start_door() {
  auto& config = node_.config.door;
  door_options options;
  options.listen = *config.listen;
  options.advertise = config.advertise;
  options.join = config.join;
  options.identity = node_.identity;
  options.about = describe_node(node_);
  options.shown = node_.shown->get();
  options.trust = node_.trust;
  auto opened = spawn_door(node_.system, {federation_.federation, engines_.acceptor}, std::move(options));
  if (!opened)
    return opened.error();
  config.listen = opened->at; // kept across restarts, even if any free port was requested
  return opened->door;
}

} // namespace hive
