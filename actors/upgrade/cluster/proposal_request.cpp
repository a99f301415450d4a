#include "actors/upgrade/cluster/proposal_request.hpp"

#include "messages/text.hpp"

#include <cmath>
#include <set>

namespace hive {
namespace {

constexpr double permille = 1000;
/// Of the default rollout: one canary, watched for so long.
constexpr uint32_t default_stage_s = 600;

/// The members whose votes count, in the order of their ids.
caf::expected<std::vector<wire::GateMember::Reader>> find_electorate(wire::ProposeUpgrade::Reader request,
                                                                     const gate::generation& sealers) {
  std::set<std::string> wanted;
  for (auto node : request.getMembers())
    wanted.emplace(as_view(node));
  bool has_all = wanted.empty();
  std::vector<wire::GateMember::Reader> out;
  for (auto member : sealers.content().getMembers())
    if (has_all || wanted.erase(std::string{as_view(member.getNode())}) > 0)
      out.push_back(member);
  bool has_strangers = request.getMembers().size() > 0 && !wanted.empty();
  if (has_strangers)
    return fail(ec::unsupported, "/members: " + printable(*wanted.begin()) +
                                   " is no member of the track; 'hivectl "
                                   "upgrade members' lists them");
  return out;
}

/// Whether a policy could ever be satisfied by these members.
caf::error check_reachable(wire::ProposeUpgrade::Reader request, wire::GatePolicy policy, uint8_t heavy_votes,
                           const std::vector<wire::GateMember::Reader>& electorate) {
  if (heavy_votes > electorate.size())
    return fail(ec::invalid, "/heavy_votes: " + std::to_string(heavy_votes) + " votes cannot come from " +
                               std::to_string(electorate.size()) + " members");
  if (policy != wire::GatePolicy::WEIGHTED && request.getRequiredTiers().size() > 0)
    return fail(ec::invalid, "/required_tiers: only policy weighted has them");
  for (auto tier : request.getRequiredTiers())
    if (std::ranges::none_of(electorate, [&](auto member) { return member.getTier() == tier; }))
      return fail(ec::invalid,
                  "/required_tiers: no member has the tier that is required, so it could never be approved");
  return {};
}

void set_stages(wire::GateProposal::Builder out, capnp::List<wire::ProposedStage>::Reader asked) {
  if (asked.size() == 0) {
    auto stage = out.initStages(1)[0];
    stage.setSharePermille(1);
    stage.setDurationS(default_stage_s);
    return;
  }
  auto list = out.initStages(asked.size());
  for (uint32_t i = 0; i < asked.size(); ++i) {
    list[i].setSharePermille(static_cast<uint16_t>(std::ceil(asked[i].getShare() * permille)));
    list[i].setDurationS(asked[i].getDurationS());
    list[i].setDeadlineS(asked[i].getDeadlineS());
  }
}

caf::error check_stages(capnp::List<wire::ProposedStage>::Reader asked) {
  for (uint32_t i = 1; i < asked.size(); ++i)
    if (asked[i].getShare() < asked[i - 1].getShare())
      return fail(ec::invalid, "/stages/" + std::to_string(i) + "/share: a stage has all canaries of the one before");
  return {};
}

wire::GatePolicy policy_of(wire::ProposedPolicy asked, wire::GatePolicy configured) {
  switch (asked) {
  case wire::ProposedPolicy::ALL:
    return wire::GatePolicy::ALL;
  case wire::ProposedPolicy::MAJORITY:
    return wire::GatePolicy::MAJORITY;
  case wire::ProposedPolicy::WEIGHTED:
    return wire::GatePolicy::WEIGHTED;
  case wire::ProposedPolicy::CONFIGURED:
    break;
  }
  return configured;
}

wire::Policy judge_of(wire::ProposedJudge asked, wire::Policy configured) {
  switch (asked) {
  case wire::ProposedJudge::THRESHOLD:
    return wire::Policy::THRESHOLD;
  case wire::ProposedJudge::STRICT:
    return wire::Policy::STRICT;
  case wire::ProposedJudge::STATISTICAL:
    return wire::Policy::STATISTICAL;
  case wire::ProposedJudge::CONFIGURED:
    break;
  }
  return configured;
}

template <class From, class To>
void copy_list(From from, To to) {
  for (uint32_t i = 0; i < from.size(); ++i)
    to.set(i, from[i]);
}

} // namespace

caf::expected<msg<wire::GateProposal>> to_proposal(wire::ProposeUpgrade::Reader request, uint8_t track,
                                                   const gate::generation& sealers, const proposal_defaults& defaults,
                                                   uint64_t nonce) {
  if (request.getFrom() == request.getTo())
    return fail(ec::invalid, "/to: the version is the one in use");
  auto electorate = find_electorate(request, sealers);
  if (!electorate)
    return electorate.error();
  auto policy = policy_of(request.getPolicy(), defaults.policy);
  auto judge = judge_of(request.getJudge(), defaults.judge);
  if (request.getMeasure() && judge != wire::Policy::STATISTICAL)
    return fail(ec::invalid, "/judge: paired measurements are judged by policy statistical alone");
  if (request.getMargins().size() > 0 && judge != wire::Policy::STATISTICAL)
    return fail(ec::invalid, "/margins: only policy statistical judges by margins");
  auto heavy_votes = request.getHeavyVotes() > 0 ? request.getHeavyVotes() : defaults.heavy_votes;
  if (auto error = check_reachable(request, policy, heavy_votes, *electorate))
    return error;
  if (auto error = check_stages(request.getStages()))
    return error;
  return msg<wire::GateProposal>::build([&](wire::GateProposal::Builder out) {
    out.setTrack(track);
    out.setFrom(request.getFrom());
    out.setTo(request.getTo());
    auto members = out.initElectorate(static_cast<uint32_t>(electorate->size()));
    for (uint32_t i = 0; i < members.size(); ++i)
      members.setWithCaveats(i, (*electorate)[i]);
    out.setPolicy(policy);
    copy_list(request.getRequiredTiers(), out.initRequiredTiers(request.getRequiredTiers().size()));
    out.setHeavyVotes(heavy_votes);
    auto margins = out.initMargins(request.getMargins().size());
    for (uint32_t i = 0; i < margins.size(); ++i) {
      margins[i].setMetric(request.getMargins()[i].getMetric());
      margins[i].setMargin(request.getMargins()[i].getMargin());
    }
    set_stages(out, request.getStages());
    out.setAttempts(request.getAttempts());
    out.setDeadlineS(request.getDeadlineS());
    out.setNonce(gate::data_of(std::string_view{reinterpret_cast<const char*>(&nonce), sizeof nonce}));
    out.setJudge(judge);
    out.setMeasure(request.getMeasure());
    out.setMaxMinutes(request.getMaxMinutes());
    if (auto line = sealers.content().getLine(); line.size() > 0)
      out.setLine(line);
  });
}

} // namespace hive
