#include "actors/upgrade/gate/tally.hpp"

#include <array>

namespace hive::gate {
namespace {

using verdict = wire::Verdict;

std::pair<uint64_t, uint8_t> ballot_of(const statement& vote) {
  return {vote.vote()->getStart(), vote.vote()->getAttempt()};
}

/// A lying member may sign two votes under one ballot. Then the worse one counts, whichever arrives first.
bool outranks(const statement& vote, const statement& other) {
  auto rank_of = [](const statement& each) {
    auto said = each.vote()->getVerdict();
    return said == verdict::REGRESSED ? 2 : said == verdict::INCONCLUSIVE ? 1 : 0;
  };
  return std::pair{ballot_of(vote), rank_of(vote)} > std::pair{ballot_of(other), rank_of(other)};
}

bool says(const standing& member, verdict what) {
  return member.vote && member.vote->vote()->getVerdict() == what;
}

/// Sums over an electorate.
struct sums {
  uint32_t heavy_needed = 0; ///< votes that judged heavy metrics; a stage watches traffic, not benchmarks
  uint64_t total = 0;
  uint64_t safe = 0;
  uint64_t regressed = 0;
  uint32_t heavy_safe = 0;
  uint32_t heavy = 0;
  std::array<uint32_t, 3> tier_size{};
  std::array<uint32_t, 3> tier_safe{};
  std::array<uint32_t, 3> tier_regressed{};
};

sums add_up(const proposal& what, uint8_t stage, const std::vector<standing>& members) {
  sums out;
  out.heavy_needed = stage == 0 ? what.body().getHeavyVotes() : 0;
  auto electorate = what.body().getElectorate();
  bool is_weighted = what.body().getPolicy() == wire::GatePolicy::WEIGHTED;
  for (uint32_t i = 0; i < members.size(); ++i) {
    uint64_t weight = is_weighted ? electorate[i].getWeight() : 1;
    auto tier = static_cast<size_t>(electorate[i].getTier());
    out.total += weight;
    ++out.tier_size[tier];
    bool is_final = says(members[i], verdict::SAFE) || says(members[i], verdict::REGRESSED);
    bool judged_heavy = is_final && members[i].vote->vote()->getJudgedHeavy();
    out.heavy += judged_heavy;
    if (says(members[i], verdict::SAFE)) {
      out.safe += weight;
      out.heavy_safe += judged_heavy;
      ++out.tier_safe[tier];
    } else if (says(members[i], verdict::REGRESSED)) {
      out.regressed += weight;
      ++out.tier_regressed[tier];
    }
  }
  return out;
}

uint64_t needed(const proposal& what, uint64_t total) {
  return what.body().getPolicy() == wire::GatePolicy::ALL ? total : total / 2 + 1;
}

std::string list_of(const std::vector<standing>& members, bool (*wanted)(const standing&)) {
  std::string out;
  for (const auto& member : members)
    if (wanted(member))
      out += (out.empty() ? "" : ", ") + member.node.value;
  return out;
}

std::string why_held(const proposal& what, const std::vector<standing>& members, const sums& counted) {
  std::string out = std::to_string(counted.safe) + " of " + std::to_string(needed(what, counted.total)) + " safe";
  auto add = [&](const char* text, bool (*wanted)(const standing&)) {
    if (auto names = list_of(members, wanted); !names.empty())
      out += std::string{"; "} + text + ": " + names;
  };
  add("no vote", [](const standing& each) { return !each.vote && !each.quarantined; });
  add("quarantined", [](const standing& each) { return each.quarantined; });
  add("inconclusive", [](const standing& each) { return says(each, verdict::INCONCLUSIVE); });
  add("regressed", [](const standing& each) { return says(each, verdict::REGRESSED); });
  if (counted.heavy < counted.heavy_needed)
    out +=
      "; " + std::to_string(counted.heavy) + " of " + std::to_string(counted.heavy_needed) + " judged heavy metrics";
  return out;
}

tally_result result_of(const proposal& what, const sums& counted) {
  auto body = what.body();
  auto need = needed(what, counted.total);
  bool has_tiers = true;
  bool is_tier_lost = false;
  if (body.getPolicy() == wire::GatePolicy::WEIGHTED)
    for (auto tier : body.getRequiredTiers()) {
      auto which = static_cast<size_t>(tier);
      has_tiers = has_tiers && counted.tier_safe[which] > 0;
      is_tier_lost = is_tier_lost || counted.tier_regressed[which] == counted.tier_size[which];
    }
  if (counted.safe >= need && counted.heavy_safe >= counted.heavy_needed && has_tiers)
    return tally_result::satisfied;
  if (counted.heavy >= counted.heavy_needed && (counted.total - counted.regressed < need || is_tier_lost))
    return tally_result::impossible;
  return tally_result::held;
}

} // namespace

statements tally::votes() const {
  statements out;
  for (const auto& member : members)
    if (member.vote)
      out.push_back(member.vote);
  return out;
}

tally count_votes(const proposal& what, uint8_t stage, const statements& votes, const quarantine_set& quarantined) {
  tally out;
  for (rank i = 0; i < what.size(); ++i)
    out.members.push_back({what.node(i), nullptr, quarantined.contains(what.node(i))});
  for (const auto& each : votes) {
    auto member = what.rank_of(each->origin);
    bool is_about_it = each->type == slot_type::vote && is_same(each->vote()->getProposal(), what.id()) &&
                       each->vote()->getStage() == stage && each->track == what.body().getTrack();
    if (!member || !is_about_it || out.members[*member].quarantined)
      continue;
    auto& known = out.members[*member].vote;
    if (!known || outranks(*each, *known))
      known = each;
  }
  auto counted = add_up(what, stage, out.members);
  out.result = result_of(what, counted);
  if (out.result == tally_result::held)
    out.why = why_held(what, out.members, counted);
  return out;
}

} // namespace hive::gate
