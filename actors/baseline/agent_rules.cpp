#include "actors/baseline/agent_rules.hpp"

#include "actors/baseline/validation.hpp"
#include "actors/defaults.hpp"
#include "messages/change.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

namespace hive::agents {
namespace {

bool is_recent(int64_t then, int64_t now) {
  constexpr auto window = std::chrono::microseconds{defaults::baseline_debounce}.count();
  return then > 0 && now >= then && now - then < window;
}

bool may_be_reference(wire::BaselineKind kind) {
  return kind == wire::BaselineKind::CAPTURE;
}

uint64_t hash_of(std::string_view key) {
  auto digest = sha256(key);
  uint64_t out = 0;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

capnp::Text::Reader first_given(capnp::Text::Reader own, capnp::Text::Reader general) {
  return own.size() > 0 ? own : general;
}

/// Whether the recipe's structure is known to differ from the one at the last capture that could become the reference.
bool has_new_structure(wire::Agent::Reader agent, wire::CaptureBaseline::Reader wanted) {
  auto structure = first_given(wanted.getStructureHash(), agent.getStructureHash());
  auto before = agent.getReferenceStructure();
  return structure.size() > 0 && before.size() > 0 && structure != before;
}

/// The agent with one more baseline, which becomes the reference if it may.
void add_baseline(wire::Agent::Builder out, wire::Baseline::Reader baseline, int64_t now) {
  bool is_newest = baseline.getVersion() > out.getLatest();
  out.setLatest(std::max(out.getLatest(), baseline.getVersion()));
  out.setBaselines(out.getBaselines() + 1);
  out.setChangedAt(now);
  if (out.getState() == wire::AgentState::NEW)
    out.setState(wire::AgentState::HEALTHY);
  if (!out.hasReference() || (is_newest && !out.getPinned() && may_be_reference(baseline.getKind())))
    fill_figures(out.initReference(), baseline);
  if (!out.hasAnchor())
    fill_figures(out.initAnchor(), baseline);
  if (is_newest && may_be_reference(baseline.getKind()))
    out.setConfiguration(baseline.getVersion());
}

using known_keys = std::vector<std::pair<uint64_t, uint32_t>>;

/// The remembered keys with one more, without the oldest if there are too many.
known_keys with_key(capnp::List<wire::CaptureKey>::Reader known, std::string_view key, uint32_t version) {
  known_keys out;
  for (auto each : known)
    out.emplace_back(each.getHash(), each.getVersion());
  if (out.size() == defaults::remembered_capture_keys)
    out.erase(out.begin());
  out.emplace_back(hash_of(key), version);
  return out;
}

void fill_keys(capnp::List<wire::CaptureKey>::Builder out, const known_keys& keys) {
  for (uint32_t i = 0; i < out.size(); ++i) {
    out[i].setHash(keys[i].first);
    out[i].setVersion(keys[i].second);
  }
}

void remember_key(wire::Agent::Builder out, std::string_view key, uint32_t version) {
  if (key.empty())
    return;
  auto keys = with_key(out.asReader().getRecentKeys(), key, version);
  fill_keys(out.initRecentKeys(static_cast<uint32_t>(keys.size())), keys);
}

/// Copies recipe metrics and derives the members that HART OS does not write.
void fill_recipe(wire::RecipeMetrics::Builder out, wire::RecipeMetrics::Reader given) {
  out.setActionCount(given.getActionCount());
  out.setTotalExpectedDurationSeconds(given.getTotalExpectedDurationSeconds());
  out.setTotalRuns(given.getTotalRuns());
  out.setBottleneckActionId(given.getBottleneckActionId());
  out.setPerAction(given.getPerAction());
  auto actions = given.getPerAction();
  auto rates = out.initSuccessRates(actions.size());
  uint32_t dead_ends = 0;
  uint32_t fallbacks = 0;
  for (uint32_t i = 0; i < actions.size(); ++i) {
    rates[i].setName("action_" + std::string{as_view(actions[i].getId())});
    rates[i].setRate(actions[i].getSuccessRate());
    dead_ends += actions[i].getDeadEndsCount();
    fallbacks += actions[i].getEffectiveFallbacksCount();
  }
  out.setDeadEnds(dead_ends);
  out.setEffectiveFallbacks(fallbacks);
}

/// The node's newest results by adapter. Figures about agents are left out: a baseline must not describe itself.
void fill_results(wire::Baseline::Builder out, wire::LatestResults::Reader results) {
  std::map<std::string_view, std::vector<std::pair<std::string_view, double>>> adapters;
  size_t count = 0;
  for (auto point : results.getResults()) {
    auto name = as_view(point.getName());
    auto dot = name.find('.');
    auto adapter = name.substr(0, dot);
    if (dot == name.npos || adapter == "agent_baselines" || count == defaults::max_baseline_figures)
      continue;
    adapters[adapter].emplace_back(name.substr(dot + 1), point.getValue());
    ++count;
  }
  auto list = out.initBenchmarkMetrics(static_cast<uint32_t>(adapters.size()));
  uint32_t i = 0;
  for (const auto& [adapter, figures] : adapters) {
    list[i].setAdapter(std::string{adapter});
    auto to = list[i++].initFigures(static_cast<uint32_t>(figures.size()));
    for (uint32_t j = 0; j < to.size(); ++j) {
      to[j].setName(std::string{figures[j].first});
      to[j].setValue(figures[j].second);
    }
  }
}

/// Fills the sections of a baseline, each with what the request gives or with what the node has.
void fill_sections(wire::Baseline::Builder out, wire::Agent::Reader agent, wire::CaptureBaseline::Reader wanted,
                   const capture_sources& sources) {
  std::vector<std::string> given;
  auto gives = [&](const char* section, bool is_present) {
    bool out_given = is_present || names(wanted.getGiven(), section);
    if (out_given)
      given.emplace_back(section);
    return out_given;
  };
  if (gives("recipe_metrics", wanted.hasRecipeMetrics())) {
    if (wanted.hasRecipeMetrics())
      fill_recipe(out.initRecipeMetrics(), wanted.getRecipeMetrics());
  } else if (sources.recipe && !(*sources.recipe)->getRetired()) {
    out.setRecipeMetrics((*sources.recipe)->getMetrics());
  }
  if (gives("lightning_metrics", wanted.hasLightningMetrics())) {
    if (wanted.hasLightningMetrics())
      out.setLightningMetrics(wanted.getLightningMetrics());
  } else if (sources.lightning) {
    out.setLightningMetrics(**sources.lightning);
  }
  if (gives("benchmark_metrics", wanted.getBenchmarkMetrics().size() > 0))
    out.setBenchmarkMetrics(wanted.getBenchmarkMetrics());
  else if (sources.results)
    fill_results(out, **sources.results);
  if (gives("trust_evolution", wanted.hasTrustEvolution())) {
    if (wanted.hasTrustEvolution())
      fill(out.initTrustEvolution(), wanted.getTrustEvolution());
  } else if (agent.hasTrust()) {
    out.setTrustEvolution(agent.getTrust());
  }
  auto list = out.initGiven(static_cast<uint32_t>(given.size()));
  for (uint32_t i = 0; i < list.size(); ++i)
    list.set(i, given[i]);
}

} // namespace

bool names(capnp::List<capnp::Text>::Reader sections, std::string_view section) {
  for (auto each : sections)
    if (as_view(each) == section)
      return true;
  return false;
}

msg<wire::Agent> begin(const stored_agent& who, int64_t now) {
  return msg<wire::Agent>::build([&](wire::Agent::Builder out) {
    out.setPromptId(who.prompt);
    out.setFlowId(who.flow);
    out.setKnownSince(now);
    out.setChangedAt(now);
  });
}

msg<wire::Agent> with_recipe(const msg<wire::Agent>& agent, wire::AgentRecipe::Reader recipe, int64_t now) {
  return changed(agent, [&](wire::Agent::Builder out) {
    out.setChangedAt(now);
    auto present = out.initPresent();
    if (recipe.getRetired())
      return;
    out.setStructureHash(recipe.getStructureHash());
    fill_figures(present, recipe.getMetrics());
  });
}

msg<wire::Agent> with_trust(const msg<wire::Agent>& agent, wire::TrustEvolution::Reader trust, int64_t now) {
  return changed(agent, [&](wire::Agent::Builder out) {
    out.setChangedAt(now);
    fill(out.initTrust(), trust);
  });
}

msg<wire::Agent> with_prompt(const msg<wire::Agent>& agent, const std::string& hash, int64_t now) {
  return changed(agent, [&](wire::Agent::Builder out) {
    out.setChangedAt(now);
    out.setPromptHash(hash);
  });
}

void fill(wire::TrustEvolution::Builder out, wire::TrustEvolution::Reader given) {
  auto by_other_name = given.getCompositeTrustScore();
  out.setCompositeTrust(std::isnan(given.getCompositeTrust()) ? by_other_name : given.getCompositeTrust());
  out.setGeneration(given.getGeneration());
  out.setSpecializationPath(given.getSpecializationPath());
  out.setSpecTier(given.getSpecTier());
  out.setEvolutionXp(given.getEvolutionXp());
}

capture_plan plan_capture(wire::Agent::Reader agent, wire::CaptureBaseline::Reader wanted, bool regressed,
                          int64_t now) {
  capture_plan out;
  out.trigger = as_view(wanted.getTrigger());
  if (out.trigger == "creation" && is_recent(agent.getBecameByRecipeAt(), now)) {
    out.skipped = "a change of the recipe was recorded as the creation less than 60 s ago";
  } else if (out.trigger == "recipe_change") {
    if (is_recent(agent.getCreationAt(), now))
      out.skipped = "the agent was created less than 60 s ago";
    else if (agent.getLatest() == 0)
      out = {{}, "creation", wire::BaselineKind::CAPTURE, true};
    else if (!has_new_structure(agent, wanted))
      out.kind = wire::BaselineKind::OBSERVATION;
  } else if (out.trigger == regression_trigger && regressed) {
    out.kind = wire::BaselineKind::REGRESSION;
  }
  return out;
}

msg<wire::Baseline> make_baseline(wire::Agent::Reader agent, wire::CaptureBaseline::Reader wanted,
                                  const capture_plan& plan, const capture_sources& sources, int64_t now) {
  return msg<wire::Baseline>::build([&](wire::Baseline::Builder out) {
    out.setVersion(agent.getLatest() + 1);
    out.setTrigger(plan.trigger);
    out.setTimestamp(now);
    out.setUserId(wanted.getUserId());
    out.setUserPrompt(wanted.getUserPrompt());
    out.setPromptId(agent.getPromptId());
    out.setFlowId(agent.getFlowId());
    out.setKind(plan.kind);
    out.setReason(wanted.getReason());
    fill_sections(out, agent, wanted, sources);
    if (sources.runs)
      out.setRunMetrics(**sources.runs);
    auto metadata = out.initMetadata();
    metadata.setTrigger(plan.trigger);
    metadata.setGitSha(wanted.getGitSha());
    metadata.setCodeHash(wanted.getCodeHash());
    metadata.setPromptHash(first_given(wanted.getPromptHash(), agent.getPromptHash()));
    metadata.setModel(first_given(wanted.getModel(), agent.getModel()));
    metadata.setJudge(first_given(wanted.getJudge(), agent.getJudge()));
    metadata.setStructureHash(first_given(wanted.getStructureHash(), agent.getStructureHash()));
  });
}

msg<wire::Agent> with_baseline(const msg<wire::Agent>& agent, wire::Baseline::Reader baseline,
                               wire::CaptureBaseline::Reader wanted, const capture_plan& plan, int64_t now) {
  return changed(agent, [&](wire::Agent::Builder out) {
    add_baseline(out, baseline, now);
    if (may_be_reference(baseline.getKind()) || out.getReferenceStructure().size() == 0)
      out.setReferenceStructure(baseline.getMetadata().getStructureHash());
    if (plan.trigger == "creation")
      out.setCreationAt(now);
    if (plan.became_by_recipe)
      out.setBecameByRecipeAt(now);
    out.setPromptHash(baseline.getMetadata().getPromptHash());
    out.setModel(baseline.getMetadata().getModel());
    out.setJudge(baseline.getMetadata().getJudge());
    if (baseline.hasTrustEvolution())
      out.setTrust(baseline.getTrustEvolution());
    remember_key(out, as_view(wanted.getIdempotencyKey()), baseline.getVersion());
  });
}

uint32_t version_of_key(wire::Agent::Reader agent, std::string_view idempotency_key) {
  if (idempotency_key.empty())
    return 0;
  auto hash = hash_of(idempotency_key);
  for (auto known : agent.getRecentKeys())
    if (known.getHash() == hash)
      return known.getVersion();
  return 0;
}

bool knows_runs_of(wire::Agent::Reader agent, std::string_view idempotency_key) {
  if (idempotency_key.empty())
    return false;
  auto hash = hash_of(idempotency_key);
  for (auto known : agent.getRecentRunKeys())
    if (known.getHash() == hash)
      return true;
  return false;
}

msg<wire::Agent> with_runs(const msg<wire::Agent>& agent, const run_outcome& counted, int64_t now) {
  return changed(agent, [&](wire::Agent::Builder out) {
    out.setChangedAt(now);
    if (!counted.model.empty())
      out.setModel(counted.model);
    if (!counted.judge.empty())
      out.setJudge(counted.judge);
    if (!counted.idempotency_key.empty()) {
      auto keys = with_key(agent->getRecentRunKeys(), counted.idempotency_key, 0);
      fill_keys(out.initRecentRunKeys(static_cast<uint32_t>(keys.size())), keys);
    }
  });
}

msg<wire::Baseline> import_as(const stored_agent& who, wire::Baseline::Reader given, uint32_t version) {
  capnp::MallocMessageBuilder scratch;
  scratch.setRoot(given);
  auto out = scratch.getRoot<wire::Baseline>();
  out.setVersion(version);
  out.setPromptId(who.prompt);
  out.setFlowId(who.flow);
  out.setImported(true);
  if (given.hasTrustEvolutionMetrics() && !given.hasTrustEvolution())
    fill(out.initTrustEvolution(), given.getTrustEvolutionMetrics());
  else if (given.hasTrustEvolution())
    fill(out.initTrustEvolution(), given.getTrustEvolution());
  out.disownTrustEvolutionMetrics();
  if (given.hasRecipeMetrics())
    fill_recipe(out.initRecipeMetrics(), given.getRecipeMetrics());
  return msg<wire::Baseline>::copy_of(out.asReader());
}

bool same_content(wire::Baseline::Reader a, wire::Baseline::Reader b) {
  // As JSON, where an absent text and an empty one are the same.
  auto content = [](wire::Baseline::Reader of) {
    return to_json(changed(msg<wire::Baseline>::copy_of(of), [](wire::Baseline::Builder out) {
      out.setVersion(0);
      out.setImportedVersion(0);
      out.setImported(false);
    }));
  };
  return content(a) == content(b);
}

msg<wire::Agent> with_import(const msg<wire::Agent>& agent, wire::Baseline::Reader baseline, int64_t now) {
  return changed(agent, [&](wire::Agent::Builder out) { add_baseline(out, baseline, now); });
}

msg<wire::Agent> with_reference(const msg<wire::Agent>& agent, wire::Baseline::Reader baseline, bool pinned,
                                int64_t now) {
  return changed(agent, [&](wire::Agent::Builder out) {
    out.setChangedAt(now);
    out.setPinned(pinned);
    fill_figures(out.initReference(), baseline);
    if (pinned)
      fill_figures(out.initAnchor(), baseline);
  });
}

msg<wire::Agent> accepted(const msg<wire::Agent>& agent, wire::Baseline::Reader baseline, wire::AcceptAgent::Reader how,
                          int64_t now) {
  auto moved = with_reference(agent, baseline, false, now);
  return changed(moved, [&](wire::Agent::Builder out) {
    fill_figures(out.initAnchor(), baseline);
    auto earlier = agent->getAccepted();
    auto keep = std::min(earlier.size(), defaults::kept_acceptances - 1);
    auto list = out.initAccepted(keep + 1);
    for (uint32_t i = 0; i < keep; ++i)
      list.setWithCaveats(i, earlier[earlier.size() - keep + i]);
    list[keep].setVersion(baseline.getVersion());
    list[keep].setReason(how.getReason());
    list[keep].setUserId(how.getUserId());
    list[keep].setAt(now);
    out.initStreams(0);
    out.initTrajectory(0);
    // The next validation says whether something else is wrong.
    out.setState(wire::AgentState::HEALTHY);
    out.initRegressions(0);
    out.setConfirmed(false);
    out.setRegressedSince(0);
  });
}

judged judge(const msg<wire::Agent>& agent, wire::AgentValidation::Reader validation, int64_t now) {
  if (validation.getBaselineVersion() == 0)
    return {agent, transition::none};
  auto metrics = [](capnp::List<wire::AgentRegression>::Reader list) {
    std::vector<std::string_view> out;
    for (auto each : list)
      out.push_back(as_view(each.getMetric()));
    return out;
  };
  bool was = agent->getState() == wire::AgentState::REGRESSED;
  bool is = validation.getRegressions().size() > 0;
  bool same = metrics(agent->getRegressions()) == metrics(validation.getRegressions());
  if (was == is && same && agent->getConfirmed() == validation.getConfirmed())
    return {agent, transition::none};
  auto what = is && !was    ? transition::regressed
              : was && !is  ? transition::recovered
              : is && !same ? transition::regressions_changed
                            : transition::none;
  auto next = changed(agent, [&](wire::Agent::Builder out) {
    out.setState(is ? wire::AgentState::REGRESSED : wire::AgentState::HEALTHY);
    out.setRegressions(validation.getRegressions());
    out.setConfirmed(validation.getConfirmed());
    if (is != was)
      out.setRegressedSince(is ? now : 0);
  });
  return {std::move(next), what};
}

msg<wire::Agent> with_advice(const msg<wire::Agent>& agent, double reward) {
  return changed(agent, [&](wire::Agent::Builder out) {
    out.setAdvisedReward(reward);
    out.setAdvisedStructure(agent->getStructureHash());
  });
}

std::optional<wire::AgentChange> advice_after(wire::Agent::Reader agent, wire::Baseline::Reader baseline) {
  auto structure = baseline.getMetadata().getStructureHash();
  bool is_another = structure.size() > 0 && structure != agent.getAdvisedStructure();
  if (std::isnan(agent.getAdvisedReward()) || !is_another || !baseline.hasLightningMetrics())
    return std::nullopt;
  return baseline.getLightningMetrics().getAvgReward() >= agent.getAdvisedReward()
           ? wire::AgentChange::ACCEPT_ADVISED
           : wire::AgentChange::ROLLBACK_ADVISED;
}

msg<wire::Agent> without_advice(const msg<wire::Agent>& agent) {
  return changed(agent, [](wire::Agent::Builder out) {
    out.setAdvisedReward(std::numeric_limits<double>::quiet_NaN());
    out.disownAdvisedStructure();
  });
}

} // namespace hive::agents
