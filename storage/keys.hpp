#pragma once

#include "messages/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Builds all keys of the store. Parts are ids or checked text without NUL; a NUL ends each part, so that keys sort
/// part by part. Numbers are big-endian, so that they sort numerically. Each function's comment begins with the column
/// of its keys.
namespace hive::keys {

/// meta: the node's identity and epoch.
std::string node();
/// meta: prefix of the revocation lists, by the hash of their CA's key.
std::string revocation_lists();
/// meta: the number of the last capture.
std::string last_capture();

/// snapshots: one capture of a version.
std::string snapshot(std::string_view version, capture_id id);
/// snapshots: prefix of all captures of a version, ordered from oldest to newest.
std::string snapshots_of(std::string_view version);
/// snapshots: a version's entry in lists.
std::string snapshot_summary(std::string_view version);
/// snapshots: prefix of all summaries, ordered by version.
std::string snapshot_summaries();

/// snapshots: what is left of a deleted capture; and the prefix of those of a version, from oldest to newest.
std::string deleted_capture(std::string_view version, capture_id id);
std::string deleted_captures_of(std::string_view version);

/// snapshots: a paired measurement, by its number; and the prefix of all.
std::string measurement(uint64_t number);
std::string measurements();
/// snapshots: a round of a paired measurement; and the prefixes of those of an adapter, and of all.
std::string measured_round(uint64_t measurement, std::string_view adapter, uint32_t number);
std::string measured_rounds_of(uint64_t measurement, std::string_view adapter);
std::string measured_rounds(uint64_t measurement);
/// snapshots: the reference version of a track; and the prefix of all.
std::string reference(std::string_view track);
std::string references();

/// meta: the number of known agents, a counter.
std::string known_agents();

/// baselines: an agent's state; and the prefix of all, ordered by prompt and flow.
std::string agent(std::string_view prompt, std::string_view flow);
std::string agents();
/// baselines: one numbered baseline of an agent; and the prefix of all, ordered by number.
std::string baseline(std::string_view prompt, std::string_view flow, uint32_t version);
std::string baselines_of(std::string_view prompt, std::string_view flow);
/// baselines: a baseline's entry in lists; and the prefix of all of an agent.
std::string baseline_summary(std::string_view prompt, std::string_view flow, uint32_t version);
std::string baseline_summaries_of(std::string_view prompt, std::string_view flow);
/// baselines: when an agent last changed. One key per agent, ordered by time.
std::string agent_change(uint64_t period, std::string_view prompt, std::string_view flow);
/// baselines: prefix of all changes; the first key of a period; and period, prompt and flow of a given key.
std::string agent_changes();
std::string agent_changes_from(uint64_t period);
struct agent_change_parts {
  uint64_t period = 0;
  std::string_view prompt;
  std::string_view flow;
};
agent_change_parts parts_of_agent_change(std::string_view key);
/// baselines: marks an agent as active, or as regressed; and the prefixes of all marks.
std::string active_agent(std::string_view prompt, std::string_view flow);
std::string active_agents();
std::string regressed_agent(std::string_view prompt, std::string_view flow);
std::string regressed_agents();
/// baselines: marks an agent whose recipe came from the prompts folder; and the prefix of all marks.
std::string folder_agent(std::string_view prompt, std::string_view flow);
std::string folder_agents();
/// The prompt and flow at the end of a key of an agent or a mark, given its prefix.
struct agent_parts {
  std::string_view prompt;
  std::string_view flow;
};
agent_parts parts_of_agent(std::string_view key, std::string_view prefix);
/// inputs: an agent's recipe.
std::string agent_recipe(std::string_view prompt, std::string_view flow);
/// inputs: an agent's execution span; and the prefix of all, ordered by number.
std::string agent_span(std::string_view prompt, std::string_view flow, uint64_t sequence);
std::string agent_spans_of(std::string_view prompt, std::string_view flow);

/// meta: the rate of runs over all agents.
std::string run_rate();
/// inputs: the summary of an agent's runs.
std::string agent_runs(std::string_view prompt, std::string_view flow);
/// The name of one of an agent's streams within its keys.
std::string stream_name(uint16_t measure, std::string_view action, std::string_view slice);
/// inputs: a stream of an agent; the prefix of all; and the reference sample of a stream.
std::string agent_stream(std::string_view prompt, std::string_view flow, std::string_view stream);
std::string agent_streams_of(std::string_view prompt, std::string_view flow);
std::string agent_sample(std::string_view prompt, std::string_view flow, std::string_view stream);
/// inputs: an item that an agent ran while a baseline was its newest capture; and the prefix of all of that baseline.
std::string agent_item(std::string_view prompt, std::string_view flow, uint32_t version, std::string_view item);
std::string agent_items_of(std::string_view prompt, std::string_view flow, uint32_t version);

/// series: one value of a metric; the prefix of those that this node measured; and the prefix of the values among which
/// a given key lies.
std::string series_point(std::string_view adapter, std::string_view metric, capture_id id);
std::string series_of(std::string_view adapter, std::string_view metric);
std::string_view series_of_key(std::string_view key);
/// series: an imported value of a metric; the prefix of these, and of those of all metrics. They sort after all that
/// this node measured.
std::string imported_point(std::string_view adapter, std::string_view metric, capture_id id);
std::string imported_series_of(std::string_view adapter, std::string_view metric);
std::string imported_series();
/// series: the value of a capture, by the prefix of a metric's values; and the capture of a given key.
std::string point_of(std::string_view series, capture_id id);
capture_id capture_of_point(std::string_view key);
/// The adapter and the metric of such a prefix.
struct series_parts {
  std::string_view adapter;
  std::string_view metric;
};
series_parts parts_of_series(std::string_view series);
/// snapshots: what is derived from the captures of a series up to one; and the prefix of all of the series.
std::string series_block(std::string_view series, capture_id last);
std::string series_blocks_of(std::string_view series);
/// snapshots: that a capture of a series was deleted, or stored after later ones; and the prefix of all of the series.
std::string deletion_mark(std::string_view series, capture_id id);
std::string late_mark(std::string_view series, capture_id id);
std::string series_marks_of(std::string_view series);
/// The capture of such a mark.
capture_id capture_of_mark(std::string_view key);
/// meta: how often the series were written, a counter.
std::string series_revision();

/// inputs: a registered command adapter.
std::string adapter(std::string_view name);
std::string adapters();
/// inputs: an adapter that workers run.
std::string worker_adapter(std::string_view name);
std::string worker_adapters();
/// inputs: an installed benchmark.
std::string install(std::string_view name);
std::string installs();
/// inputs: the stored input of a model.
std::string model(std::string_view id);
std::string models();
/// inputs: an AutoResearch session.
std::string research(std::string_view id);
/// inputs: prefix of all sessions, ordered by id.
std::string research_sessions();
/// inputs: a review of a change, by its number.
std::string review(uint64_t number);
/// inputs: prefix of all reviews, ordered by number.
std::string reviews();
/// inputs: the results of a tree's tests under one command.
std::string base_runs(std::string_view key);
std::string all_base_runs();
/// inputs: the world model's counters.
std::string world_model();

/// tasks: one record. The column holds nothing else.
std::string task(task_sequence number);
/// tasks: prefix of all records, ordered by number; and the record number in a given key.
std::string tasks();
task_sequence task_of_key(std::string_view key);

/// tool_stats: the statistics of one tool with one model for one task type.
std::string tool_cell(std::string_view task_type, std::string_view tool, std::string_view model);
std::string tool_cells();
/// tool_stats: the number of records that no cell counts any more.
std::string unlisted_records();
/// tool_stats: digests of idempotency keys that became durable together, keyed by the first one's position among all of
/// this node's digests.
std::string task_key_group(uint64_t first);
/// tool_stats: prefix of all such groups; and the position of the first digest, from a given key.
std::string task_key_groups();
uint64_t first_of_task_key_group(std::string_view key);
/// tool_stats: the import position of a source of records.
std::string task_source(std::string_view source);
std::string task_sources();

/// hive: another node's learning delta.
std::string learning_delta(std::string_view origin);
std::string learning_deltas();
/// hive: the delta that this node last published.
std::string published_delta();

/// hive: a node's slot; the kind is written as four hex digits.
std::string hive_slot(std::string_view origin, uint16_t kind, std::string_view key);
std::string hive_slots();
/// hive: proof that a node signed two different slots with the same stamp.
std::string equivocation_proof(std::string_view origin);
std::string equivocation_proofs();
/// hive: proof that a node signed two slots that contradict each other.
std::string contradiction_proof(std::string_view origin);
std::string contradiction_proofs();

/// The first key after all keys with this prefix; none when no such key exists.
std::optional<std::string> after_prefix(std::string_view prefix);

/// leases: a GPU lease or request that has not ended, by its number; and the prefix of all.
std::string open_lease(uint64_t number);
std::string open_leases();
/// leases: one that has ended; and the prefix of all, ordered by number.
std::string ended_lease(uint64_t number);
std::string ended_leases();

/// votes: this node's newest statement of a kind on a track of the gate; and the prefix of all.
std::string gate_statement(uint16_t kind, uint8_t track);
std::string gate_statements();
/// votes: the slot with the value that this node accepted last on a track; and the prefix of all.
std::string gate_value(uint8_t track);
std::string gate_values();
/// votes: a sealed value; and the prefix of all of a track, ordered by position.
std::string gate_decision(uint8_t track, uint64_t position);
std::string gate_decisions(uint8_t track);
/// votes: the document by which this node voted on a proposal, by its hash; and the prefix of all of the proposal.
std::string gate_judgement(std::string_view proposal, std::string_view sha256);
std::string gate_judgements(std::string_view proposal);
/// votes: that the notification of a sealed value was begun; and the prefix of all of a track, ordered by position.
std::string gate_notice(uint8_t track, uint64_t position);
std::string gate_notices(uint8_t track);

/// audit: a record of the audit, by its number; and the reverse.
std::string audit(uint64_t number);
uint64_t number_of_audit(std::string_view key);

} // namespace hive::keys
