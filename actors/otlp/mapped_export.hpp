#pragma once

#include "actors/otlp/export.hpp"
#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"
#include "messages/runs.capnp.h"
#include "messages/tracker.capnp.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive::otlp {

/// What an export says about one agent.
struct agent_records {
  std::string prompt_id;
  std::string flow_id;
  std::optional<msg<wire::AddSpans>> spans; ///< its executions
  std::optional<msg<wire::AddRuns>> runs;
};

/// An export as records of a node.
struct mapped_export {
  std::vector<agent_records> agents; ///< ordered by their ids
  std::optional<msg<wire::RecordTasks>> tasks;
  uint64_t rejected = 0; ///< spans that tell of an agent but cannot be used
  std::string reason;    ///< why, for the first of them
};

/// Maps spans to records by the semantic conventions of generative AI. Pure: the same export gives the same records,
/// with the same keys.
///
/// - An agent is `gen_ai.agent.id`, else `gen_ai.agent.name`, else the resource's `service.name`, with the characters
///   that ids lack replaced by '-'; its flow is `hivemark.flow_id`, else 0.
/// - `invoke_agent` is an execution span and a run. What the same export has below it belongs to that run: inference is
///   a step with tokens, a tool's execution a call of that tool. Its own tokens take precedence.
/// - Inference (`chat`, `generate_content`, `text_completion`, `embeddings`) without a run above it in the export is a
///   run of its own.
/// - `execute_tool` is a task record too, of task type `hivemark.task_type`, else `execute_tool`, with the agent as
///   user. So is another span with a task type: the tool is then the agent, or the model for inference.
///
/// Other spans are no concern of a node and are not rejected. Keys: a span's record of a task has its trace and span
/// id, an execution its ids, and the runs of an agent the hash of all of theirs.
mapped_export map_export(const trace_export& from);

/// The id of an agent with this name; empty when nothing of it can be in an id.
std::string agent_id_of(std::string_view name);

} // namespace hive::otlp
