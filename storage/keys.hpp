#pragma once

#include "messages/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Every key of the store is built here. Parts are ids or checked text without NUL, so a NUL ends a part and keys sort
/// by their parts; numbers are big-endian, so they sort as numbers.
namespace hive::keys {

/// meta: the node's identity and epoch.
std::string node();
/// meta: the last capture's number.
std::string last_capture();

/// snapshots: one capture of a version.
std::string snapshot(std::string_view version, capture_id id);
/// snapshots: prefix of all captures of a version, in the order they were made.
std::string snapshots_of(std::string_view version);
/// snapshots: what a list shows of a version.
std::string snapshot_summary(std::string_view version);
/// snapshots: prefix of all summaries, by version.
std::string snapshot_summaries();

/// series: one value of a metric.
std::string series_point(std::string_view adapter, std::string_view metric, capture_id id);
/// series: prefix of a metric's history; for a key of the column, the history it belongs to.
std::string series_of(std::string_view adapter, std::string_view metric);
std::string_view series_of_key(std::string_view key);

/// inputs: a registered command adapter.
std::string adapter(std::string_view name);
std::string adapters();
/// inputs: what is kept of a model.
std::string model(std::string_view id);
std::string models();
/// inputs: an AutoResearch session.
std::string research(std::string_view id);
/// inputs: prefix of all sessions, by id.
std::string research_sessions();
/// inputs: the world model's counters.
std::string world_model();

/// tasks: one record. The column holds nothing else.
std::string task(task_sequence number);
/// tasks: prefix of all records, by number; for a key of them, the record's number.
std::string tasks();
task_sequence task_of_key(std::string_view key);

/// tool_stats: the statistics of one tool with one model at one task type.
std::string tool_cell(std::string_view task_type, std::string_view tool, std::string_view model);
std::string tool_cells();
/// tool_stats: how many records are in no cell any more.
std::string unlisted_records();
/// tool_stats: digests of the idempotency keys that became durable together, by the place of the first of them among
/// all keys of this node.
std::string task_key_group(uint64_t first);
/// tool_stats: prefix of all such groups; for a key of them, the place of its first digest.
std::string task_key_groups();
uint64_t first_of_task_key_group(std::string_view key);
/// tool_stats: how far a source of records has been taken.
std::string task_source(std::string_view source);
std::string task_sources();

/// hive: what another node said of its tools.
std::string learning_delta(std::string_view origin);
std::string learning_deltas();
/// hive: the delta that this node gave to the others last.
std::string published_delta();

/// hive: a slot of a node; the kind in four hex digits.
std::string hive_slot(std::string_view origin, uint16_t kind, std::string_view key);
std::string hive_slots();
/// hive: proof that a node signed two different slots under one stamp.
std::string equivocation_proof(std::string_view origin);
std::string equivocation_proofs();

/// The first key behind all that start with `prefix`; none when there is no such key.
std::optional<std::string> after_prefix(std::string_view prefix);

} // namespace hive::keys
