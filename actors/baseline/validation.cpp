#include "actors/baseline/validation.hpp"

#include "actors/baseline/evidence_rules.hpp"
#include "actors/baseline/stream_text.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

namespace hive {
namespace {

/// HART OS's threshold.
constexpr double kept_share = 0.95;
constexpr const char* pass_rate_metric = "regression_pass_rate";
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct finding {
  std::string metric;
  double before;
  double now;
  double limit;
  wire::Evidence evidence = wire::Evidence::SUSPECTED;
};

/// What a comparison with one baseline found.
struct findings {
  std::vector<finding> regressions;
  std::vector<std::string> missing;
  size_t compared = 0;

  void compare(const std::string& metric, double before, double now) {
    if (std::isnan(before))
      return;
    if (std::isnan(now)) {
      missing.push_back(metric);
      return;
    }
    ++compared;
    if (before > 0 && now < before * kept_share)
      regressions.push_back({metric, before, now, before * kept_share});
  }
};

double rate_of(wire::AgentFigures::Reader figures, capnp::Text::Reader action) {
  for (auto each : figures.getActions())
    if (each.getId() == action)
      return each.getRate();
  return unknown;
}

findings compare(wire::AgentFigures::Reader before, const validation_input& input) {
  findings out;
  for (auto action : before.getActions())
    out.compare("action_" + std::string{as_view(action.getId())} + "_success_rate", action.getRate(),
                rate_of(input.present, action.getId()));
  out.compare(pass_rate_metric, before.getPassRate(), input.pass_rate);
  return out;
}

std::string line_of(const finding& found) {
  if (std::isnan(found.before))
    return found.metric;
  std::array<char, 64> rates{};
  std::snprintf(rates.data(), rates.size(), ": %.3f → %.3f", found.before, found.now);
  return found.metric + rates.data();
}

void fill(capnp::List<wire::AgentRegression>::Builder out, const std::vector<finding>& found) {
  for (uint32_t i = 0; i < out.size(); ++i) {
    out[i].setMetric(found[i].metric);
    out[i].setOld(found[i].before);
    out[i].setNew(found[i].now);
    out[i].setLimit(found[i].limit);
    out[i].setEvidence(found[i].evidence);
    out[i].setText(line_of(found[i]));
  }
}

/// The stream that a validation's metric is about.
std::string name_of(wire::StreamVerdict::Reader verdict) {
  return hive::name_of(analysis::stream_key{static_cast<analysis::measure>(verdict.getMeasured()),
                                            std::string{as_view(verdict.getAction())},
                                            std::string{as_view(verdict.getSlice())}});
}

wire::Evidence evidence_of(wire::StreamEvidence says) {
  switch (says) {
  case wire::StreamEvidence::CONFIRMED:
    return wire::Evidence::CONFIRMED;
  case wire::StreamEvidence::CHANCE:
    return wire::Evidence::CHANCE;
  default:
    return wire::Evidence::SUSPECTED;
  }
}

/// Says of each regression whether the counted runs support it, and adds what they confirm and what the agent does
/// otherwise than before.
void add_evidence(std::vector<finding>& regressions, const validation_input& input) {
  for (auto verdict : input.verdicts) {
    auto metric = name_of(verdict);
    auto known = std::ranges::find(regressions, metric, &finding::metric);
    if (known != regressions.end())
      known->evidence = evidence_of(verdict.getSays());
    else if (verdict.getSays() == wire::StreamEvidence::CONFIRMED)
      regressions.push_back({metric, verdict.getReference(), verdict.getRecent(), unknown, wire::Evidence::CONFIRMED});
  }
  for (auto change : input.trajectory)
    regressions.push_back({std::string{as_view(change)}, unknown, unknown, unknown});
}

/// Why a validation without regression is no plain pass; empty when it is one.
std::string why_incomplete(const validation_input& input, const findings& found) {
  if (!input.reference)
    return "no baseline to compare";
  if (!found.missing.empty())
    return std::to_string(found.missing.size()) + " figures of the baseline are missing now";
  return found.compared == 0 ? "the baseline holds nothing to compare" : "";
}

} // namespace

msg<wire::AgentValidation> validate(const validation_input& input) {
  auto found = input.reference ? compare(*input.reference, input) : findings{};
  auto decay = input.anchor ? compare(*input.anchor, input) : findings{};
  if (input.reference)
    add_evidence(found.regressions, input);
  if (!input.judge_changed.empty())
    found.missing.push_back(input.judge_changed);
  auto reason = why_incomplete(input, found);
  bool strict = input.policy == wire::ValidationPolicy::STRICT;
  bool regressed = !found.regressions.empty();
  return msg<wire::AgentValidation>::build([&](wire::AgentValidation::Builder out) {
    out.setPassed(!regressed && (!strict || reason.empty()));
    out.setInconclusive(!regressed && strict && !reason.empty());
    fill(out.initRegressions(static_cast<uint32_t>(found.regressions.size())), found.regressions);
    fill(out.initDecay(static_cast<uint32_t>(decay.regressions.size())), decay.regressions);
    if (input.reference)
      out.setBaselineVersion(input.reference->getVersion());
    if (input.anchor)
      out.setAnchorVersion(input.anchor->getVersion());
    if (!regressed && !reason.empty())
      out.setReason(reason);
    auto missing = out.initMissing(static_cast<uint32_t>(found.missing.size()));
    for (uint32_t i = 0; i < missing.size(); ++i)
      missing.set(i, found.missing[i]);
    out.setPolicy(input.policy);
    out.setConfirmed(std::ranges::any_of(
      found.regressions, [](const finding& each) { return each.evidence == wire::Evidence::CONFIRMED; }));
  });
}

void fill_figures(wire::AgentFigures::Builder out, wire::RecipeMetrics::Reader recipe) {
  auto from = recipe.getPerAction();
  auto actions = out.initActions(from.size());
  for (uint32_t i = 0; i < from.size(); ++i) {
    actions[i].setId(from[i].getId());
    actions[i].setRate(from[i].getSuccessRate());
  }
  out.setHasRecipe(true);
}

void fill_figures(wire::AgentFigures::Builder out, wire::Baseline::Reader baseline) {
  out.setVersion(baseline.getVersion());
  if (baseline.hasRecipeMetrics())
    fill_figures(out, baseline.getRecipeMetrics());
  out.setPassRate(pass_rate_of(baseline.getBenchmarkMetrics()));
  out.setJudge(baseline.getMetadata().getJudge());
}

double pass_rate_of(capnp::List<wire::AdapterFigures>::Reader figures) {
  for (auto adapter : figures)
    if (as_view(adapter.getAdapter()) == "regression")
      for (auto figure : adapter.getFigures())
        if (as_view(figure.getName()) == "test_pass_rate" || as_view(figure.getName()) == "pass_rate")
          return figure.getValue();
  return unknown;
}

double pass_rate_of(wire::LatestResults::Reader results) {
  for (auto point : results.getResults())
    if (as_view(point.getName()) == "regression.test_pass_rate")
      return point.getValue();
  return unknown;
}

void add_evidence(validation_input& input, wire::Agent::Reader agent) {
  input.verdicts = agent.getStreams();
  input.trajectory = agent.getTrajectory();
  input.judge_changed = agents::why_not_comparable(agent);
}

} // namespace hive
