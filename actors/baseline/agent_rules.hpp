#pragma once

#include "messages/baseline.capnp.h"
#include "messages/events.capnp.h"
#include "messages/msg.hpp"
#include "messages/runs.capnp.h"
#include "messages/snapshot.capnp.h"
#include "storage/baseline_store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The rules of agents and their baselines, as functions over their stored form. Times are microseconds since 1970.
///
/// The reference is what a validation compares with: the newest baseline that may be one, or the pinned one. A baseline
/// that was captured because of a regression may not, or the regression would be normal on the second look; nor one by
/// recipe_change with an unchanged structure, since HART OS asks for that after every run. The anchor is the best that
/// the agent has proven; it never moves down unless somebody accepts that.
namespace hive::agents {

/// The trigger of captures that are made because of what a validation found.
inline constexpr const char* regression_trigger = "intelligence_change";

/// Whether a request names this section as given.
bool names(capnp::List<capnp::Text>::Reader sections, std::string_view section);

/// An agent of which nothing is known yet.
msg<wire::Agent> begin(const stored_agent& who, int64_t now);

/// The agent with a new recipe.
msg<wire::Agent> with_recipe(const msg<wire::Agent>& agent, wire::AgentRecipe::Reader recipe, int64_t now);

/// The agent with new trust figures.
msg<wire::Agent> with_trust(const msg<wire::Agent>& agent, wire::TrustEvolution::Reader trust, int64_t now);

/// The agent with the hash of its prompt.
msg<wire::Agent> with_prompt(const msg<wire::Agent>& agent, const std::string& hash, int64_t now);

/// Trust figures under the names that are stored: composite_trust_score becomes composite_trust.
void fill(wire::TrustEvolution::Builder out, wire::TrustEvolution::Reader given);

/// How a capture is carried out.
struct capture_plan {
  std::string skipped; ///< why nothing is captured; empty when something is
  std::string trigger; ///< as recorded
  wire::BaselineKind kind = wire::BaselineKind::CAPTURE;
  bool became_by_recipe = false; ///< a recipe_change was recorded as the creation
};

/// Decides about a capture. A creation and a recipe_change within a minute count as one, in either order: the later one
/// is skipped, and a recipe_change that comes first is recorded as the creation. An intelligence_change while the agent
/// is `regressed` is a capture because of a regression.
capture_plan plan_capture(wire::Agent::Reader agent, wire::CaptureBaseline::Reader wanted, bool regressed, int64_t now);

/// What a capture gathers, beside what the request gives.
struct capture_sources {
  std::optional<msg<wire::AgentRecipe>> recipe;
  std::optional<msg<wire::LightningMetrics>> lightning;
  std::optional<msg<wire::LatestResults>> results; ///< of the node's adapters
  std::optional<msg<wire::RunMetrics>> runs;       ///< of counted runs
};

/// The next baseline of the agent.
msg<wire::Baseline> make_baseline(wire::Agent::Reader agent, wire::CaptureBaseline::Reader wanted,
                                  const capture_plan& plan, const capture_sources& sources, int64_t now);

/// The agent after a capture.
msg<wire::Agent> with_baseline(const msg<wire::Agent>& agent, wire::Baseline::Reader baseline,
                               wire::CaptureBaseline::Reader wanted, const capture_plan& plan, int64_t now);

/// The version that a capture with this idempotency key made; 0 when it is unknown.
uint32_t version_of_key(wire::Agent::Reader agent, std::string_view idempotency_key);

/// What a message of runs says beside the runs.
struct run_outcome {
  std::string model; ///< of the newest run that names one; empty: none does
  std::string judge;
  std::string idempotency_key;
};

/// Whether a message of runs with this key was counted before.
bool knows_runs_of(wire::Agent::Reader agent, std::string_view idempotency_key);

/// The agent after runs were counted.
msg<wire::Agent> with_runs(const msg<wire::Agent>& agent, const run_outcome& counted, int64_t now);

/// An imported baseline as it is stored under `version`.
msg<wire::Baseline> import_as(const stored_agent& who, wire::Baseline::Reader given, uint32_t version);

/// Whether two baselines have the same content; where they came from and their numbers do not count.
bool same_content(wire::Baseline::Reader a, wire::Baseline::Reader b);

/// The agent after an import.
msg<wire::Agent> with_import(const msg<wire::Agent>& agent, wire::Baseline::Reader baseline, int64_t now);

/// The agent with this baseline as reference, pinned or not.
msg<wire::Agent> with_reference(const msg<wire::Agent>& agent, wire::Baseline::Reader baseline, bool pinned,
                                int64_t now);

/// The agent after somebody accepted this baseline as reference and anchor; its regressions are forgotten.
msg<wire::Agent> accepted(const msg<wire::Agent>& agent, wire::Baseline::Reader baseline, wire::AcceptAgent::Reader how,
                          int64_t now);

/// How a validation changed an agent's state.
enum class transition { none, regressed, regressions_changed, recovered };

/// The agent after a validation, and what changed. A validation without a reference changes nothing.
struct judged {
  msg<wire::Agent> agent;
  transition what = transition::none;
};
judged judge(const msg<wire::Agent>& agent, wire::AgentValidation::Reader validation, int64_t now);

/// The agent after the advice to retire its recipe, whose mean reward was `reward`.
msg<wire::Agent> with_advice(const msg<wire::Agent>& agent, double reward);

/// Once a recipe of another structure has been captured with rewards: whether to accept it, since its mean reward is at
/// least that of the retired one, or to roll back. Nothing without open advice, and before that.
std::optional<wire::AgentChange> advice_after(wire::Agent::Reader agent, wire::Baseline::Reader baseline);

/// The agent without open advice.
msg<wire::Agent> without_advice(const msg<wire::Agent>& agent);

} // namespace hive::agents
