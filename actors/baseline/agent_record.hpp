#pragma once

#include "actors/baseline/agent_rules.hpp"
#include "actors/baseline/agent_runs.hpp"
#include "actors/baseline/span_window.hpp"
#include "messages/baseline.capnp.h"
#include "messages/snapshot.capnp.h"
#include "storage/baseline_store.hpp"

#include <map>
#include <optional>

namespace hive {

/// The node's newest results; nothing when they are unknown or not needed.
using latest_results = std::optional<msg<wire::LatestResults>>;

/// What is validated against in place of the reference, if anything.
using other_reference = std::optional<msg<wire::AgentFigures>>;

/// One agent in memory: its record, recipe and spans, with all changes that were made to them. The owner writes what is
/// gathered in `writes` and says when that group begins (`seal`) and when it is durable (`landed`). Baselines that are
/// not durable yet are found in memory.
class agent_record {
public:
  /// Reads from `db`, which must outlive this object.
  agent_record(const database& db, stored_agent who);

  const stored_agent& who() const {
    return who_;
  }

  /// Reads the record and the recipe; drops all changes. Fails with ec::corrupt.
  caf::error load();

  bool is_loaded() const {
    return is_loaded_;
  }

  /// Whether anything is known about the agent.
  bool is_known() const {
    return agent_.has_value();
  }

  /// The agent, which becomes known by being changed.
  msg<wire::Agent> agent() const;

  /// The agent as the store has it, for those who ask about it: what they are told must survive a crash. Nothing while
  /// it is not stored.
  const std::optional<msg<wire::Agent>>& durable_agent() const {
    return durable_;
  }

  void set(msg<wire::Agent> next);

  const std::optional<msg<wire::AgentRecipe>>& recipe() const {
    return recipe_;
  }

  /// Replaces the recipe, and says in it whether its structure is new. Returns it.
  msg<wire::AgentRecipe> put_recipe(write_set& writes, const msg<wire::AgentRecipe>& recipe);
  /// The recipe no longer counts. ec::not_found without one.
  caf::error retire_recipe(write_set& writes);

  /// Adds spans, and counts those that are runs of an action. Fails with ec::corrupt.
  caf::expected<agent_runs::added> add_spans(write_set& writes, capnp::List<wire::ExecutionSpan>::Reader spans,
                                             double threshold);
  void clear_spans(write_set& writes);

  /// Counts runs; nothing when a message with the same key was counted before. Fails with ec::corrupt.
  caf::expected<agent_runs::added> add_runs(write_set& writes, wire::AddRuns::Reader given, double threshold);

  /// One baseline; ec::not_found.
  caf::expected<msg<wire::Baseline>> baseline(uint32_t version) const;
  /// The same, once it is stored.
  caf::expected<msg<wire::Baseline>> durable_baseline(uint32_t version) const;
  /// The newest baseline that may be the reference; the oldest one when none may. ec::not_found without baselines.
  caf::expected<msg<wire::Baseline>> newest_reference() const;

  /// Stores a baseline that was captured elsewhere; see agent_actor. One that has been appended is not appended again.
  caf::expected<msg<wire::Baseline>> import(write_set& writes, wire::ImportBaseline::Reader given);
  /// Captures the next baseline. ec::too_large.
  caf::expected<msg<wire::Baseline>> capture(write_set& writes, wire::CaptureBaseline::Reader wanted,
                                             const agents::capture_plan& plan, const latest_results& results);

  /// A baseline that somebody accepts becomes reference and anchor, and the evidence starts anew. Fails with
  /// ec::corrupt.
  caf::error accept(write_set& writes, wire::Baseline::Reader baseline, wire::AcceptAgent::Reader how,
                    double threshold);
  /// Makes rewards of a new judge comparable. ec::invalid.
  caf::error rebase(wire::RebaseAgent::Reader how);

  /// Compares two baselines, with the items that ran under both. ec::not_found.
  caf::expected<msg<wire::BaselineComparison>> compare(uint32_t before, uint32_t after);
  /// Why the agent is judged as it is, except for what the node knows. Fails with ec::corrupt.
  caf::error explain(wire::AgentExplanation::Builder out, double threshold);

  /// The present figures, or those that a question states in their place. ec::malformed for an unusable recipe.
  caf::expected<msg<wire::AgentFigures>> present_of(wire::ValidateAgent::Reader query) const;
  /// The baseline that a question names in place of the reference. ec::not_found.
  caf::expected<other_reference> named_reference(wire::ValidateAgent::Reader query) const;
  /// Validates figures against the reference, or another baseline, and the anchor. What the counted runs say belongs to
  /// the agent's own figures and its own reference only.
  msg<wire::AgentValidation> validate(wire::AgentFigures::Reader present, bool is_own, double pass_rate,
                                      wire::ValidationPolicy policy, const other_reference& other = {}) const;

  /// Whether the record differs from what was sealed.
  bool is_changed() const {
    return is_changed_;
  }

  /// Adds the record, if it changed, to a group of writes that begins now.
  void seal(write_set& writes);
  /// That group is durable.
  void landed();

private:
  using pending_baselines = std::map<uint32_t, msg<wire::Baseline>>;

  caf::error load_spans();
  caf::expected<agent_runs::added> count(write_set& writes, capnp::List<wire::AgentRun>::Reader runs,
                                         const std::string& key, double threshold);
  caf::error update_verdicts(double threshold);
  /// The baseline with this content that an import of the number `version` appended; nothing without one.
  caf::expected<std::optional<msg<wire::Baseline>>> appended(uint32_t version,
                                                             const msg<wire::Baseline>& content) const;
  void put(write_set& writes, const msg<wire::Baseline>& added);

  baseline_store store_;
  stored_agent who_;
  bool is_loaded_ = false;
  std::optional<msg<wire::Agent>> agent_;   ///< nothing while unknown
  std::optional<msg<wire::Agent>> sealed_;  ///< as of the last group of writes
  std::optional<msg<wire::Agent>> durable_; ///< as of the last one that is durable
  bool is_changed_ = false;
  std::optional<msg<wire::AgentRecipe>> recipe_;
  std::optional<span_window> spans_; ///< nothing until needed
  agent_runs runs_;
  pending_baselines gathered_;  ///< baselines of the next group of writes
  pending_baselines in_flight_; ///< and of the one that is being written
};

} // namespace hive
