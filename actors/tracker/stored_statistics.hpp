#pragma once

#include "analysis/hive_statistics.hpp"
#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"

#include <optional>
#include <string_view>
#include <vector>

namespace hive {

/// Sums as they travel and are stored, beside their number of records. Of the successes whole ones are told: only
/// averages of HART OS peers have others, and those are not passed on.
void write_sums(const analysis::tool_sums& sums, wire::ToolSums::Builder out);
/// Why no records of one node can have these sums; otherwise sets `out`.
std::optional<analysis::refusal> read_sums(uint64_t n, wire::ToolSums::Reader stored, analysis::tool_sums& out);

/// A cell of the statistics as it is stored.
msg<wire::ToolCell> to_stored(const analysis::tool_cell& cell);

/// Takes a stored cell into the statistics, once each. ec::corrupt for impossible sums or windows and for a second cell
/// of one name, ec::too_large above the tally's limits.
caf::error restore(wire::ToolCell::Reader stored, analysis::tally& into);

/// What a node learned, as it tells the others. Exact sums for nodes like this one, averages for HART OS.
msg<wire::LearningDelta> to_delta(std::vector<analysis::learned_tool> learned, std::string_view origin,
                                  int64_t made_at_unix_micros);

/// What a delta says: from its sums where it has them, else from the averages. ec::invalid for what no records can
/// have.
caf::expected<std::vector<analysis::learned_tool>> from_delta(wire::LearningDelta::Reader delta);

/// The same for a delta that a node exported: it names only tools with enough records, as HART OS's do, and each counts
/// as measured, however few records it gives.
caf::expected<std::vector<analysis::learned_tool>> from_exported_delta(wire::LearningDelta::Reader delta);

/// What deltas without origin say together, as HART OS merges them: of each task type the word of the later one that
/// names a tool for it. Task types that were told longest ago are left out where there are more than `max_tools` tools.
msg<wire::LearningDelta> merge_by_task_type(wire::LearningDelta::Reader earlier, wire::LearningDelta::Reader later,
                                            size_t max_tools);

/// A refusal of the statistics as an error: ec::invalid or ec::too_large.
caf::error to_error(const analysis::refusal& refused);

} // namespace hive
