#pragma once

// Agents and their baselines.

#include "messages/fwd.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <cstddef>
#include <string>

namespace hive::wire {
struct AcceptAgent;
struct AddRuns;
struct AddSpans;
struct Agent;
struct AgentExplanation;
struct AgentInputStored;
struct AgentList;
struct AgentListQuery;
struct AgentQuery;
struct AgentTrend;
struct AgentValidation;
struct Baseline;
struct BaselineComparison;
struct BaselineList;
struct BaselineListQuery;
struct BaselineQuery;
struct CaptureBaseline;
struct CaptureOutcome;
struct ClearSpans;
struct CompareBaselines;
struct ExplainQuery;
struct ImportBaseline;
struct PutPrompt;
struct PutRecipe;
struct PutTrust;
struct RebaseAgent;
struct RetireRecipe;
struct SetActive;
struct SetReference;
struct TrendQuery;
struct UnpinReference;
struct ValidateAgent;
} // namespace hive::wire

namespace hive {

/// Requests about one agent. Inputs and captures of an unknown agent make it known; questions about it do not.
///
/// All writes answer once they are durable. ec::overloaded when too many of this agent's writes wait for the disk;
/// after it and after ec::storage_failed nothing is stored. ec::invalid for ids that name no agent.
using agent_actor = caf::typed_actor<
  // -- inputs
  // The answer contains the recipe as the node reads it.
  caf::replies_to<msg<wire::PutRecipe>>::with<msg<wire::AgentInputStored>>,
  // The recipe's file is gone: its figures no longer count as present. ec::not_found without a recipe.
  caf::replies_to<msg<wire::RetireRecipe>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::PutTrust>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::PutPrompt>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::SetActive>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::AddSpans>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::ClearSpans>>::with<msg<wire::AgentInputStored>>,
  // Counts runs. `recorded` is 0 when a message with the same key was counted before.
  caf::replies_to<msg<wire::AddRuns>>::with<msg<wire::AgentInputStored>>,
  // -- baselines
  // Captures the next baseline, or says why it is skipped. Concurrent captures get consecutive numbers.
  caf::replies_to<msg<wire::CaptureBaseline>>::with<msg<wire::CaptureOutcome>>,
  // Stores a baseline captured elsewhere under its number. The same content again changes nothing; other content under
  // a number in use is ec::conflict, unless it may be appended.
  caf::replies_to<msg<wire::ImportBaseline>>::with<msg<wire::Baseline>>,
  // One baseline, or the newest; ec::not_found.
  caf::replies_to<msg<wire::BaselineQuery>>::with<msg<wire::Baseline>>,
  // ec::not_found when the agent is unknown.
  caf::replies_to<msg<wire::BaselineListQuery>>::with<msg<wire::BaselineList>>,
  // -- judgements
  // ec::not_found when there is no such baseline.
  caf::replies_to<msg<wire::CompareBaselines>>::with<msg<wire::BaselineComparison>>,
  // Insufficient data for an unknown agent.
  caf::replies_to<msg<wire::TrendQuery>>::with<msg<wire::AgentTrend>>,
  // Stores nothing. ec::malformed for a recipe in the question that is no object; ec::not_found when it names a
  // baseline that does not exist.
  caf::replies_to<msg<wire::ValidateAgent>>::with<msg<wire::AgentValidation>>,
  // Pins the reference; ec::not_found when there is no such baseline.
  caf::replies_to<msg<wire::SetReference>>::with<msg<wire::Agent>>,
  caf::replies_to<msg<wire::UnpinReference>>::with<msg<wire::Agent>>,
  // Makes a baseline the reference and the anchor. Without a version, captures the present state first.
  caf::replies_to<msg<wire::AcceptAgent>>::with<msg<wire::Agent>>,
  // Makes rewards of a new judge comparable; ec::invalid.
  caf::replies_to<msg<wire::RebaseAgent>>::with<msg<wire::Agent>>,
  // Why the agent is judged as it is; ec::not_found.
  caf::replies_to<msg<wire::ExplainQuery>>::with<msg<wire::AgentExplanation>>,
  // The agent, or ec::not_found.
  caf::replies_to<msg<wire::AgentQuery>>::with<msg<wire::Agent>>>;

/// The directory of all agents. It has one actor per agent that is in use and forwards requests to it, so that its
/// handle is the only one that others need. An agent's own handle never leaves the directory.
using baselines_actor = agent_actor::extend<
  // Known agents by prompt and flow, a page at a time.
  caf::replies_to<msg<wire::AgentListQuery>>::with<msg<wire::AgentList>>>;

/// Asks for a validation of the active agents.
struct visit_agents {
  /// Why each active agent must be captured, such as a shift of the world model; empty: only regressed ones.
  std::string shift = {};
};

/// What a visit did.
struct visit_report {
  size_t examined = 0; ///< records read
  size_t judged = 0;   ///< agents whose state changed, or that were captured
  size_t captured = 0;
  size_t failed = 0; ///< agents that could not be judged; they are tried again at the next visit
};

/// Validates the active agents of a node.
using validator_actor = caf::typed_actor<
  // Answers at the end of the visit; ec::busy while another one is under way.
  caf::replies_to<visit_agents>::with<visit_report>>;

} // namespace hive

// Local to a process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::visit_agents)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::visit_report)
