#include "actors/upgrade/stages/stage_picture.hpp"

#include "messages/ec.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <set>

namespace hive {
namespace {

bool holds(const std::vector<node_id>& nodes, const node_id& node) {
  return std::ranges::find(nodes, node) != nodes.end();
}

/// What the node tells of the stage, or nothing.
const stage_counts* find(const told_counts& told, const node_id& node, const stage_counts& stage) {
  auto found = told.find(node);
  if (found == told.end())
    return nullptr;
  auto same = std::ranges::find_if(found->second, [&](const auto& each) { return each.is_same_stage(stage); });
  return same == found->second.end() ? nullptr : &*same;
}

void take(const stage_counts& from, uint32_t most_blocks, analysis::watched_node& out) {
  std::ranges::copy_if(from.blocks, std::back_inserter(out.blocks),
                       [&](const analysis::health_block& each) { return each.number < most_blocks; });
  out.has_benchmarks = from.has_benchmarks;
  out.regressed_benchmarks = from.regressed_benchmarks;
}

} // namespace

caf::error problem_of(const watch_stage& what) {
  auto because = [](const std::string& why) { return fail(ec::invalid, "a stage cannot be watched: " + why); };
  if (what.track >= most_tracks)
    return because("there is no track " + std::to_string(what.track));
  if (what.proposal.empty() || what.proposal.size() > most_proposal_bytes)
    return because("the id of its proposal has " + std::to_string(what.proposal.size()) + " bytes");
  if (what.duration_s == 0 || what.duration_s > most_stage_s)
    return because("its duration is " + std::to_string(what.duration_s) + " s");
  if (what.members.size() > analysis::most_watched_nodes)
    return because("it has " + std::to_string(what.members.size()) + " members");
  if (std::set<node_id>{what.members.begin(), what.members.end()}.size() != what.members.size())
    return because("a member is listed twice");
  if (what.canaries.empty())
    return because("it has no canary");
  auto stranger = std::ranges::find_if(what.canaries, [&](const auto& each) { return !holds(what.members, each); });
  return stranger == what.canaries.end() ? caf::error{} : because(stranger->value + " is a canary and no member");
}

stage_counts begin_counts(const watch_stage& what, int64_t now_unix_micros) {
  return {.track = what.track,
          .proposal = what.proposal,
          .stage = what.stage,
          .block_s = block_length(what.duration_s),
          .began_at_unix_micros = now_unix_micros};
}

std::map<node_id, uint32_t> silences_of(wire::NodeList::Reader nodes, int64_t now_unix_micros) {
  std::map<node_id, uint32_t> out;
  for (auto each : nodes.getNodes()) {
    node_id id{each.getId().cStr()};
    if (each.getSelf() || each.getState() == wire::MemberState::ACTIVE)
      out[id] = 0;
    else if (each.getLastSeen() > 0)
      out[id] = static_cast<uint32_t>(
        std::clamp<int64_t>((now_unix_micros - each.getLastSeen()) / micros_per_s, 0, most_stage_s));
  }
  return out;
}

analysis::stage_view view_of(const watch_stage& what, const analysis::canary_options& options, const node_id& self,
                             const stage_counts& own, const told_counts& told,
                             const std::map<node_id, uint32_t>& silences) {
  analysis::stage_view out{options, self.value, own.observed_blocks * own.block_s, {}};
  out.options.duration_s = what.duration_s;
  out.options.block_s = own.block_s;
  if (what.members.size() == 1) // there will never be a control to compare with
    out.options.success_rate.is_on = out.options.error_rate.is_on = out.options.world_model.is_on = false;
  auto most_blocks = last_block(what.duration_s);
  for (const auto& member : what.members) {
    analysis::watched_node node{.node = member.value, .is_canary = holds(what.canaries, member)};
    if (member == self)
      take(own, most_blocks, node);
    else if (const auto* counts = find(told, member, own))
      take(*counts, most_blocks, node);
    if (auto silence = silences.find(member); silence != silences.end())
      node.silent_s = silence->second;
    out.nodes.push_back(std::move(node));
  }
  return out;
}

} // namespace hive
