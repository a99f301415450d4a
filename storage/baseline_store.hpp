#pragma once

#include "messages/baseline.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <functional>
#include <vector>

namespace hive {

/// Prompt and flow of an agent, checked (see actors/baseline/agent_key.hpp).
struct stored_agent {
  std::string prompt;
  std::string flow;
  auto operator<=>(const stored_agent&) const = default;
};

/// Agents with their numbered baselines and their inputs.
///
/// Lists and trends need only the summaries, a validation only the agent's record: both hold what they compare, so that
/// neither decodes baselines. Each agent has one key in the index of changes, at the period of its last change.
class baseline_store {
public:
  /// Length of a period of the index of changes. A change within the period of the last one costs no write there.
  static constexpr int64_t change_period_us = int64_t{600} * 1'000'000;

  explicit baseline_store(const database& db) : db_{db} {
  }

  /// Number of known agents. Fails with ec::corrupt.
  caf::expected<uint64_t> known() const;

  /// The agent's record, or nothing. Fails with ec::corrupt, as do all below.
  caf::expected<std::optional<msg<wire::Agent>>> agent(const stored_agent& who) const;

  /// Visits agents ordered by prompt and flow, after `after`, until the visitor returns `stop`.
  caf::error visit_agents(const std::optional<stored_agent>& after,
                          const std::function<database::scan(const msg<wire::Agent>&)>& visit_agent) const;

  /// Visits agents that are marked as regressed, likewise.
  caf::error visit_regressed(const std::optional<stored_agent>& after,
                             const std::function<database::scan(const stored_agent&)>& visit_agent) const;

  /// Visits agents whose recipe came from the prompts folder and is not retired.
  caf::error visit_from_folder(const std::function<void(const stored_agent&)>& visit_agent) const;

  /// Up to `limit` agents that changed in `from_period` or later, after `after`, ordered by period of change.
  struct change {
    uint64_t period = 0;
    stored_agent who;
  };
  caf::expected<std::vector<change>> changes(uint64_t from_period, const std::optional<change>& after,
                                             size_t limit) const;

  /// Up to `limit` agents that are marked as active, after `after`.
  caf::expected<std::vector<stored_agent>> active(const std::optional<stored_agent>& after, size_t limit) const;

  /// One baseline, or nothing.
  caf::expected<std::optional<msg<wire::Baseline>>> baseline(const stored_agent& who, uint32_t version) const;

  /// Up to `limit` summaries after `after`, oldest first.
  caf::expected<std::vector<msg<wire::BaselineSummary>>> summaries(const stored_agent& who, uint32_t after,
                                                                   size_t limit) const;

  /// Visits summaries from the newest to the oldest.
  caf::error
  visit_summaries_back(const stored_agent& who,
                       const std::function<database::scan(const msg<wire::BaselineSummary>&)>& visit_summary) const;

  /// The agent's recipe, or nothing.
  caf::expected<std::optional<msg<wire::AgentRecipe>>> recipe(const stored_agent& who) const;

  /// Visits the agent's spans in order of receipt.
  caf::error visit_spans(const stored_agent& who,
                         const std::function<void(const msg<wire::ExecutionSpan>&)>& visit_span) const;

  /// Adds the writes that replace `before`, the stored record of the agent, by `after`: the record, the index of
  /// changes, the marks and, for a new agent, the number of known agents.
  static void put_agent(write_set& writes, const std::optional<msg<wire::Agent>>& before,
                        const msg<wire::Agent>& after);

  /// Adds a baseline and its summary.
  static void put_baseline(write_set& writes, const stored_agent& who, const msg<wire::Baseline>& baseline);

  /// Adds a recipe, and whether it came from the prompts folder.
  static void put_recipe(write_set& writes, const stored_agent& who, const msg<wire::AgentRecipe>& recipe);
  static void put_span(write_set& writes, const stored_agent& who, const msg<wire::ExecutionSpan>& span);
  static void erase_span(write_set& writes, const stored_agent& who, uint64_t sequence);
  static void erase_spans(write_set& writes, const stored_agent& who);

private:
  const database& db_;
};

/// The period of a time in the index of changes.
uint64_t change_period(int64_t unix_micros);

} // namespace hive
