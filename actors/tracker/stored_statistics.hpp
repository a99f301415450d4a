#pragma once

#include "analysis/hive_statistics.hpp"
#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"

#include <optional>
#include <string_view>
#include <vector>

namespace hive {

/// Encodes sums for the wire and the disk; the number of records is stored beside them. Successes are rounded to
/// integers: only averages from HART OS peers are fractional, and those are not passed on.
void write_sums(const analysis::tool_sums& sums, wire::ToolSums::Builder out);
/// Decodes sums into `out`. Returns a refusal if the records of one node cannot have these sums.
std::optional<analysis::refusal> read_sums(uint64_t n, wire::ToolSums::Reader stored, analysis::tool_sums& out);

/// Encodes a cell for the disk.
msg<wire::ToolCell> to_stored(const analysis::tool_cell& cell);

/// Restores a stored cell. Call it once per cell. ec::corrupt for impossible sums or windows and for duplicate names,
/// ec::too_large above the tally's limits.
caf::error restore(wire::ToolCell::Reader stored, analysis::tally& into);

/// A node's statistics as a delta for others: exact sums for Hivemark nodes, averages for HART OS.
msg<wire::LearningDelta> to_delta(std::vector<analysis::learned_tool> learned, std::string_view origin,
                                  int64_t made_at_unix_micros);

/// The statistics in a delta: its sums, or its averages where sums are absent. ec::invalid for impossible values.
caf::expected<std::vector<analysis::learned_tool>> from_delta(wire::LearningDelta::Reader delta);

/// The same for an exported delta. Like HART OS, nodes export only tools with enough records, so each tool counts as
/// measured, however few records the delta states for it.
caf::expected<std::vector<analysis::learned_tool>> from_exported_delta(wire::LearningDelta::Reader delta);

/// Merges deltas without origin like HART OS: for each task type, the later delta that names a tool wins. With more
/// than `max_tools` tools, the task types updated longest ago are dropped.
msg<wire::LearningDelta> merge_by_task_type(wire::LearningDelta::Reader earlier, wire::LearningDelta::Reader later,
                                            size_t max_tools);

/// Converts a refusal of the statistics to an error: ec::invalid or ec::too_large.
caf::error to_error(const analysis::refusal& refused);

} // namespace hive
