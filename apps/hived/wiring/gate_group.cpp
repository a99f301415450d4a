#include "apps/hived/wiring/gate_group.hpp"

#include "actors/http/cluster_upgrade_routes.hpp"
#include "actors/upgrade/cluster/cluster_gate.hpp"
#include "actors/upgrade/cluster/gate_topics.hpp"
#include "actors/upgrade/hooks/hook_runner.hpp"
#include "actors/upgrade/stages/stage_slots.hpp"
#include "actors/upgrade/stages/stage_watcher.hpp"

#include <caf/all.hpp>

namespace hive {

std::vector<service> gate_group::services() {
  return {make_service("hooks", hooks_, [this] { return spawn_hook_runner(node_.system, node_.config.hooks); }),
          make_service("gate", gate, [this] { return start_gate(); }),
          make_service("stages", stages_, [this] { return start_stages(); })};
}

std::vector<slot_topic> gate_group::topics() const {
  std::vector<slot_topic> out;
  for (auto& rules : gate_rules())
    out.push_back({std::move(rules), gate, gate});
  out.push_back({stage_health_rules(), stages_, stages_});
  return out;
}

std::vector<http::route> gate_group::routes() const {
  return http::cluster_upgrade_routes(gate);
}

/// Statements are numbered within an epoch, so a restarted gate needs a new one.
caf::expected<cluster_gate_actor> gate_group::start_gate() {
  if (gate)
    if (auto failure = base_.begin_next_epoch())
      return failure;
  const auto& config = node_.config.gate;
  cluster_gate_options options;
  options.keys = node_.identity.keys;
  options.epoch = node_.identity.epoch;
  options.tracks = config.tracks;
  options.members = config.members;
  options.slack = config.slack;
  options.proposals = config.proposals;
  options.rules = node_.config.metric_rules;
  options.reruns_unknown_hooks = node_.config.hooks_rerun_unknown;
  return spawn_cluster_gate(node_.system, {base_.db, base_.committer, base_.events, benchmark_.measurer, hooks_},
                            std::move(options));
}

stage_watcher_actor gate_group::start_stages() {
  stage_watcher_options options;
  options.self = node_.identity.id;
  options.health = node_.config.stage_health;
  auto out = spawn_stage_watcher(
    node_.system, {tracker_.tracker, adapters_.inputs, benchmark_.registry, benchmark_.upgrades, gate}, options);
  caf::anon_send(gate, stages_started{out});
  return out;
}

} // namespace hive
