#include "actors/upgrade/cluster/cluster_gate.hpp"

#include "actors/upgrade/cluster/gate_shell.hpp"
#include "messages/ids.hpp"
#include "messages/text.hpp"

#include <caf/all.hpp>
#include <set>

namespace hive {

caf::error cluster_gate_options::validate() const {
  if (tracks.empty() || tracks.size() > gate::max_tracks)
    return fail(ec::invalid, "tracks: from one to " + std::to_string(gate::max_tracks) + " names");
  if (members.size() > gate::max_members)
    return fail(ec::invalid, "members: at most " + std::to_string(gate::max_members) + ", and these are " +
                               std::to_string(members.size()));
  std::set<std::string> names;
  for (const auto& track : tracks)
    if (!is_valid_id(track) || !names.insert(track).second)
      return fail(ec::invalid, "tracks: " + printable(track) + " is no name, or is there twice");
  std::set<node_id> nodes;
  for (const auto& member : members)
    if (!is_valid_id(member.node.value) || !nodes.insert(member.node).second)
      return fail(ec::invalid, "members: " + printable(member.node.value) + " is no node id, or is there twice");
  if (slack > 1)
    return fail(ec::invalid, "slack: 0 or 1");
  return {};
}

namespace {

cluster_gate_impl::behavior_type cluster_gate(gate_shell::pointer self, cluster_gate_services services,
                                              cluster_gate_options options) {
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services), std::move(options)))
    self->quit(error);
  return {
    [&state](const msg<wire::ProposeUpgrade>& request) { return state.propose(request); },
    [&state](const msg<wire::ClusterUpgradeQuery>& query) { return state.show(query); },
    [&state](const msg<wire::ClusterUpgradeListQuery>& query) { return state.list(query); },
    [&state](const msg<wire::StopUpgrade>& request) { return state.stop(request); },
    [&state](const msg<wire::DecisionDocumentQuery>& query) { return state.document(query); },
    [&state](const msg<wire::TrackMembersQuery>& query) { return state.members(query); },
    [&state](const msg<wire::ChangeMembers>& request) { return state.change_members(request); },
    [&state](const msg<wire::AdmitNode>& request) { return state.admit(request); },
    [&state](const slots_accepted& published) { state.hear(published); },
    [&state](const slots_withdrawn& gone) { state.withdraw(gone); },
    [&state](const sharing_started& with) { state.share(with); },
    [&state](const stages_started& started) { state.use(started); },
    [&state](const stage_judged& judged) { state.on_stage(judged); },
    [&state](gate_tick_atom) { state.tick(); },
  };
}

} // namespace

cluster_gate_actor spawn_cluster_gate(caf::actor_system& system, cluster_gate_services services,
                                      cluster_gate_options options) {
  return system.spawn(cluster_gate, std::move(services), std::move(options));
}

} // namespace hive
