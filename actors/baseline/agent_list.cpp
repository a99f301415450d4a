#include "actors/baseline/agent_list.hpp"

#include "actors/baseline/comparison.hpp"
#include "analysis/rounding.hpp"
#include "messages/text.hpp"
#include "storage/baseline_store.hpp"

#include <algorithm>
#include <cmath>

namespace hive {
namespace {

constexpr int rate_decimals = 3;

void fill(wire::AgentLine::Builder out, wire::Agent::Reader agent) {
  out.setPromptId(agent.getPromptId());
  out.setFlowId(agent.getFlowId());
  out.setState(agent.getState());
  out.setLatest(agent.getLatest());
  if (agent.hasReference())
    out.setReference(agent.getReference().getVersion());
  out.setPinned(agent.getPinned());
  out.setChangedAt(agent.getChangedAt());
  out.setRegressions(agent.getRegressions().size());
  out.setConfirmed(agent.getConfirmed());
}

} // namespace

caf::error read_figures(const database& db, agent_page& into) {
  baseline_store store{db};
  for (const auto& agent : into.agents) {
    std::vector<msg<wire::BaselineSummary>> newest;
    stored_agent who{std::string{as_view(agent->getPromptId())}, std::string{as_view(agent->getFlowId())}};
    auto failure = store.visit_summaries_back(who, [&](const msg<wire::BaselineSummary>& summary) {
      newest.push_back(summary);
      return newest.size() < max_line_baselines ? database::scan::next : database::scan::stop;
    });
    if (failure)
      return failure;
    std::ranges::reverse(newest);
    into.figures.push_back(newest.empty() ? msg<wire::AgentLineFigures>{} : figures_of(newest));
  }
  return caf::none;
}

msg<wire::AgentLineFigures> figures_of(std::span<const msg<wire::BaselineSummary>> oldest_first) {
  const auto& newest = oldest_first.back();
  std::vector<double> rates;
  for (const auto& each : oldest_first)
    if (std::isfinite(each->getSuccessRate()))
      rates.push_back(analysis::round_decimals(each->getSuccessRate(), rate_decimals));
  return msg<wire::AgentLineFigures>::build([&](wire::AgentLineFigures::Builder out) {
    out.setCapturedAt(newest->getTimestamp());
    out.setReward(newest->getAvgReward());
    out.setSuccessRate(newest->getSuccessRate());
    out.setDurationSeconds(newest->getTotalDurationSeconds());
    out.setTrend(trend_of(oldest_first)->getTrend());
    auto success = out.initSuccess(static_cast<uint32_t>(rates.size()));
    for (uint32_t i = 0; i < success.size(); ++i)
      success.set(i, rates[i]);
  });
}

msg<wire::AgentList> build_agent_list(const agent_page& page) {
  return msg<wire::AgentList>::build([&](wire::AgentList::Builder out) {
    auto list = out.initAgents(static_cast<uint32_t>(page.agents.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      fill(list[i], *page.agents[i]);
      if (i < page.figures.size() && page.figures[i]->getCapturedAt() != 0)
        list[i].setFigures(*page.figures[i]);
    }
    if (!page.next.empty())
      out.setNext(page.next);
    out.setKnown(page.known);
  });
}

} // namespace hive
