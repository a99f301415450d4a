#include "apps/hived/wiring/engine_group.hpp"

#include "actors/benchmark/command_adapter.hpp"
#include "actors/benchmark/leased_adapter.hpp"
#include "actors/engines/http_engines.hpp"
#include "actors/engines/install_placer.hpp"
#include "actors/http/engine_routes.hpp"
#include "actors/http/install_routes.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <iterator>

namespace hive {

std::vector<service> engine_group::services() {
  return {
    make_service("spawner", spawner_, [this] { return start_spawner(); }),
    make_service("engines", acceptor,
                 [this] {
                   engine_services services{tracker_.tracker, agents_.baselines, federation_.federation, spawner_,
                                            adapters_.gpus.scheduler};
                   return spawn_engine_acceptor(node_.system, std::move(services), {node_.identity.id, node_.trust});
                 }),
    make_service(
      "engines over HTTP", http_engines_,
      [this] {
        return spawn_http_engines(node_.system, {spawner_, federation_.federation, acceptor}, {node_.identity.id});
      }),
    make_service("installs on nodes", install_placer_,
                 [this] {
                   return spawn_install_placer(node_.system, {installs_.installer, spawner_, federation_.federation},
                                               {node_.identity.id});
                 }),
  };
}

std::vector<http::route> engine_group::routes() const {
  auto out = http::engine_routes(http_engines_);
  std::ranges::move(http::install_routes(install_placer_, installs_.installer), std::back_inserter(out));
  return out;
}

spawner_actor engine_group::start_spawner() {
  spawner_options options;
  options.keys = node_.identity.keys;
  options.policy = engine_policy(node_.config);
  options.is_first = node_.identity.epoch == 1 && !spawner_;
  auto make_adapter = [&system = node_.system, runner = adapters_.runner,
                       scheduler = adapters_.gpus.scheduler](const msg<wire::CommandSpec>& spec) {
    if (spec->getRequiresGpu())
      return spawn_leased_adapter(system, {runner, scheduler}, leased_plan_of_command(spec));
    return spawn_command_adapter(system, {runner}, spec);
  };
  auto out = spawn_spawner(
    node_.system,
    {federation_.federation, std::move(make_adapter), research_.research, federation_.federation, installs_.installer},
    std::move(options));
  caf::anon_send(federation_.federation, spawning_started{out});
  return out;
}

} // namespace hive
