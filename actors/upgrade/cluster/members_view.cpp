#include "actors/upgrade/cluster/members_view.hpp"

#include "platform/hex.hpp"

namespace hive {
namespace {

/// The version that the newest hook left on a node, as far as its proposal is known here.
std::string version_after(const gate_sight& sight, const gate::statement& run) {
  auto content = *run.run();
  if (content.getStep() != wire::GateRunStep::ENDED || content.getExitStatus() != 0)
    return {};
  auto steps = sight.log.of(to_hex(gate::digest_of(content.getProposal())));
  if (steps.empty())
    return {};
  return content.getAction() == wire::GateAction::DEPLOY ? steps.back().to : steps.back().from;
}

void set_member(wire::TrackMember::Builder out, const gate::member_view& view, wire::GateMember::Reader configured,
                const known_nodes& nodes) {
  out.setNode(view.node.value);
  out.setWeight(configured.getWeight());
  out.setTier(configured.getTier());
  out.setAdmitted(view.admitted);
  out.setStart(view.start);
  out.setQuarantined(view.quarantined);
  if (auto known = nodes.find(view.node.value); known != nodes.end()) {
    out.setName(known->second->getName());
    out.setState(known->second->getState());
  } else {
    out.setState(wire::MemberState::DEAD);
  }
}

void set_members(wire::TrackMembers::Builder out, const gate_sight& sight, const gate::track& track,
                 const node_id& self, const known_nodes& nodes) {
  auto members = track.members();
  auto list = out.initMembers(static_cast<uint32_t>(members.size()));
  std::vector<std::string> differing;
  for (uint32_t i = 0; i < list.size(); ++i) {
    const auto& node = members[i].node;
    set_member(list[i], members[i], track.sealers().content().getMembers()[i], nodes);
    list[i].setSelf(node == self);
    if (auto run = track.runs().find(node); run != track.runs().end())
      if (auto version = version_after(sight, *run->second); !version.empty())
        list[i].setVersion(version);
    if (members[i].differs)
      differing.push_back(node.value);
  }
  auto names = out.initDiffering(static_cast<uint32_t>(differing.size()));
  for (uint32_t i = 0; i < names.size(); ++i)
    names.set(i, differing[i]);
}

} // namespace

msg<wire::TrackMembers> members_of(const gate_sight& sight, uint8_t number, const node_id& self,
                                   const known_nodes& nodes) {
  const auto& track = sight.core.at(number);
  const auto& sealers = track.sealers();
  return msg<wire::TrackMembers>::build([&](wire::TrackMembers::Builder out) {
    out.setTrack(sight.tracks[number]);
    out.setNumber(number);
    out.setGeneration(sealers.number());
    out.setHash(to_hex(sealers.hash()));
    out.setSlack(sealers.content().getSlack());
    out.setQuorum(static_cast<uint8_t>(sealers.quorum()));
    out.setPosition(track.state().position());
    if (track.state().now() != gate::phase::idle)
      out.setOpen(to_hex(track.state().what()->id()));
    out.setAdmitted(track.is_admitted());
    out.setAcknowledgements(static_cast<uint8_t>(sealers.acknowledgements()));
    if (auto conflict = sight.conflicts.find(number); conflict != sight.conflicts.end())
      out.setConflict(conflict->second);
    set_members(out, sight, track, self, nodes);
  });
}

} // namespace hive
