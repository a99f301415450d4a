#include "actors/upgrade/cluster/member_vote.hpp"

#include "actors/upgrade/checker.hpp"
#include "actors/upgrade/verdict/verdict_document.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "storage/snapshot_store.hpp"

#include <fmt/format.h>

namespace hive {
namespace {

/// Of a reason's metric and text, each; see GateReason.
constexpr size_t most_reason_bytes = 64;
constexpr size_t most_reasons = 8;

struct reason {
  std::string metric;
  std::string text;
};

std::string full_name(capnp::Text::Reader adapter, capnp::Text::Reader metric) {
  std::string out{as_view(adapter)};
  return out.empty() || metric.size() == 0 ? out + std::string{as_view(metric)} : out + '.' + metric.cStr();
}

std::vector<reason> reasons_of(wire::UpgradeCheck::Reader check) {
  std::vector<reason> out;
  for (auto each : check.getRegressions())
    out.push_back({full_name(each.getAdapter(), each.getMetric()),
                   fmt::format("{:.6g} -> {:.6g} ({:+.1f}%)", each.getOld(), each.getNew(), each.getChangePct())});
  if (check.getVerdict() != wire::Verdict::SAFE)
    for (auto each : check.getMissing())
      if (each.getBlocks())
        out.push_back({full_name(each.getAdapter(), each.getMetric()), each.getReason().cStr()});
  bool needs_one = out.empty() && check.getVerdict() != wire::Verdict::SAFE;
  if (needs_one)
    out.push_back({"", check.getReason().cStr()});
  return out;
}

void set_reasons(wire::GateVote::Builder out, const std::vector<reason>& reasons) {
  auto list = out.initReasons(static_cast<uint32_t>(std::min(reasons.size(), most_reasons)));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setMetric(std::string{cut_text(reasons[i].metric, most_reason_bytes)});
    list[i].setText(std::string{cut_text(reasons[i].text, most_reason_bytes)});
  }
}

/// What the new version's snapshot says of how it was measured.
struct measured_how {
  bool heavy = false;
  gate::digest environment{};
};

caf::expected<measured_how> how_measured(const database& db, const gate::proposal& what) {
  measured_how out{true, {}};
  for (auto version : {what.body().getFrom(), what.body().getTo()}) {
    auto snapshot = snapshot_store{db}.latest(as_view(version));
    if (!snapshot && code_of(snapshot.error()) != ec::not_found)
      return snapshot.error();
    out.heavy = out.heavy && snapshot && (*snapshot)->getTier() == wire::Tier::HEAVY;
    if (snapshot)
      out.environment = sha256(to_json(msg<wire::Environment>::copy_of((*snapshot)->getEnvironment())));
  }
  return out;
}

/// The operator's rules, behind the margins that the proposal gives to all members.
std::vector<analysis::configured_rules> rules_for(const gate::proposal& what,
                                                  const std::vector<analysis::configured_rules>& configured) {
  std::vector<analysis::configured_rules> out;
  for (auto each : what.body().getMargins()) {
    analysis::configured_rules rules;
    rules.pattern = each.getMetric().cStr();
    rules.margin = each.getMargin();
    out.push_back(std::move(rules));
  }
  out.insert(out.end(), configured.begin(), configured.end());
  return out;
}

msg<wire::UpgradeQuery> question_of(const gate::proposal& what, const std::string& track) {
  return msg<wire::UpgradeQuery>::build([&](wire::UpgradeQuery::Builder out) {
    out.setOld(what.body().getFrom());
    out.setNew(what.body().getTo());
    out.setPolicy(what.body().getJudge());
    out.setTrack(track);
  });
}

} // namespace

caf::expected<member_vote> judge_versions(const database& db, const gate::proposal& what, const std::string& track,
                                          const std::vector<analysis::configured_rules>& configured) {
  auto query = question_of(what, track);
  auto document = document_stored(db, *query, {rules_for(what, configured)});
  if (!document && code_of(document.error()) == ec::too_large)
    return vote_inconclusive(what, 0, text_of(document.error()));
  if (!document)
    return document.error();
  auto how = how_measured(db, what);
  if (!how)
    return how.error();
  member_vote out;
  out.document_hash = hash_of(*document);
  gate::digest hash{};
  from_hex(out.document_hash, hash);
  auto result = (*document)->getResult();
  // Policy threshold passes what was never measured; a vote does not.
  bool says_nothing = result.getCompared() == 0 && result.getRegressions().size() == 0;
  out.vote = msg<wire::GateVote>::build([&](wire::GateVote::Builder vote) {
    vote.setProposal(gate::data_of(what.id()));
    vote.setVerdict(says_nothing ? wire::Verdict::INCONCLUSIVE : result.getVerdict());
    vote.setInputsHash(gate::data_of(hash));
    vote.setAlgorithmVersion(std::to_string((*document)->getAlgorithm()));
    vote.setEnvironmentHash(gate::data_of(how->environment));
    vote.setJudgedFast(result.getCompared() > 0);
    vote.setJudgedHeavy(result.getCompared() > 0 && how->heavy);
    auto reasons = reasons_of(result);
    if (says_nothing && reasons.empty())
      reasons.push_back({"", "no metric of both versions was measured"});
    set_reasons(vote, reasons);
  });
  out.document = std::move(*document);
  return out;
}

member_vote vote_inconclusive(const gate::proposal& what, uint8_t stage, const std::string& reason) {
  member_vote out;
  out.vote = msg<wire::GateVote>::build([&](wire::GateVote::Builder vote) {
    vote.setProposal(gate::data_of(what.id()));
    vote.setStage(stage);
    vote.setVerdict(wire::Verdict::INCONCLUSIVE);
    set_reasons(vote, {{"", reason}});
  });
  return out;
}

member_vote vote_on_stage(const gate::proposal& what, uint8_t stage, const analysis::stage_judgement& judged) {
  std::vector<reason> reasons;
  for (const auto& each : judged.criteria)
    if (each.decided == judged.decided || each.decided == analysis::verdict::regressed)
      reasons.push_back({std::string{name_of(each.criterion)}, each.reason});
  if (reasons.empty() && !judged.reason.empty())
    reasons.push_back({"", judged.reason});
  member_vote out;
  out.vote = msg<wire::GateVote>::build([&](wire::GateVote::Builder vote) {
    vote.setProposal(gate::data_of(what.id()));
    vote.setStage(stage);
    vote.setVerdict(static_cast<wire::Verdict>(judged.decided));
    vote.setJudgedFast(true);
    set_reasons(vote, reasons);
  });
  return out;
}

} // namespace hive
