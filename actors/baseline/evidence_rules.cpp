#include "actors/baseline/evidence_rules.hpp"

#include "actors/baseline/validation.hpp"
#include "actors/defaults.hpp"
#include "analysis/wilson.hpp"
#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>

namespace hive::agents {
namespace {

/// The anchor with these rates of counted runs in place of those of the same actions.
void raise(wire::AgentFigures::Builder anchor, const std::vector<analysis::anchor_rate>& rates) {
  auto list = anchor.initActions(static_cast<uint32_t>(rates.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setId(std::string{rates[i].action});
    list[i].setRate(rates[i].rate);
  }
}

} // namespace

msg<wire::Agent> with_verdicts(const msg<wire::Agent>& agent, const std::vector<msg<wire::StreamVerdict>>& verdicts,
                               const std::vector<std::string>& trajectory) {
  return changed(agent, [&](wire::Agent::Builder out) {
    auto streams = out.initStreams(static_cast<uint32_t>(verdicts.size()));
    for (uint32_t i = 0; i < streams.size(); ++i)
      streams.setWithCaveats(i, *verdicts[i]);
    auto list = out.initTrajectory(static_cast<uint32_t>(trajectory.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, trajectory[i]);
  });
}

msg<wire::Agent> with_samples(const msg<wire::Agent>& agent, wire::Baseline::Reader baseline, bool is_new_lineage,
                              const std::vector<analysis::action_sample>& samples) {
  std::vector<analysis::anchor_rate> anchor;
  for (auto action : agent->getAnchor().getActions())
    if (!std::isnan(action.getRate()))
      anchor.push_back({as_view(action.getId()), action.getRate()});
  if (is_new_lineage) {
    auto rates = analysis::anchor_of_new_lineage(anchor, samples);
    return changed(agent, [&](wire::Agent::Builder out) { raise(out.getAnchor(), rates); });
  }
  if (!analysis::moves_anchor(anchor, samples))
    return agent;
  std::vector<analysis::anchor_rate> rates;
  for (const auto& sample : samples)
    rates.push_back({sample.action, static_cast<double>(sample.successes) / sample.runs});
  return changed(agent, [&](wire::Agent::Builder out) {
    fill_figures(out.initAnchor(), baseline);
    raise(out.getAnchor(), rates);
  });
}

bool begins_lineage(wire::Agent::Reader before, wire::Baseline::Reader made) {
  auto differs = [](capnp::Text::Reader a, capnp::Text::Reader b) { return a.size() > 0 && b.size() > 0 && a != b; };
  return before.hasAnchor() && (differs(before.getPromptHash(), made.getMetadata().getPromptHash()) ||
                                differs(before.getReferenceStructure(), made.getMetadata().getStructureHash()));
}

std::optional<double> reward_offset(wire::Agent::Reader agent, std::string_view judge) {
  auto reference = as_view(agent.getReference().getJudge());
  if (judge.empty() || reference.empty() || judge == reference)
    return 0;
  for (auto each : agent.getRebases())
    if (as_view(each.getFromJudge()) == reference && as_view(each.getToJudge()) == judge)
      return each.getOffset();
  return std::nullopt;
}

std::string why_not_comparable(wire::Agent::Reader agent) {
  auto judge = as_view(agent.getJudge());
  if (reward_offset(agent, judge))
    return {};
  return "judge: " + std::string{as_view(agent.getReference().getJudge())} + " → " + std::string{judge} +
         " (rebase makes their rewards comparable)";
}

caf::expected<msg<wire::Agent>> rebased(const msg<wire::Agent>& agent, wire::RebaseAgent::Reader how, int64_t now) {
  auto reference = as_view(agent->getReference().getJudge());
  auto items = how.getItems();
  if (reference.empty())
    return fail(ec::invalid, "the reference names no judge: capture one with /judge first");
  if (reference == as_view(how.getJudge()))
    return fail(ec::invalid, "/judge is the reference's own judge");
  if (items.size() < defaults::min_rebase_items)
    return fail(ec::invalid, "/items holds " + std::to_string(items.size()) + " items, at least " +
                               std::to_string(defaults::min_rebase_items) + " are needed");
  double mean = 0;
  for (auto item : items)
    mean += (item.getNew() - item.getOld()) / items.size();
  double squares = 0;
  for (auto item : items)
    squares += std::pow(item.getNew() - item.getOld() - mean, 2);
  auto half = analysis::z_95 * std::sqrt(squares / (items.size() - 1) / items.size());
  return changed(agent, [&](wire::Agent::Builder out) {
    std::vector<wire::Rebase::Reader> kept;
    for (auto each : agent->getRebases())
      if (as_view(each.getFromJudge()) != reference || as_view(each.getToJudge()) != as_view(how.getJudge()))
        kept.push_back(each);
    auto keep = std::min<size_t>(kept.size(), defaults::kept_rebases - 1);
    auto list = out.initRebases(static_cast<uint32_t>(keep + 1));
    for (uint32_t i = 0; i < keep; ++i)
      list.setWithCaveats(i, kept[kept.size() - keep + i]);
    auto added = list[static_cast<uint32_t>(keep)];
    added.setFromJudge(std::string{reference});
    added.setToJudge(how.getJudge());
    added.setOffset(mean);
    added.setLower(mean - half);
    added.setUpper(mean + half);
    added.setItems(items.size());
    added.setAt(now);
    out.setChangedAt(now);
  });
}

} // namespace hive::agents
