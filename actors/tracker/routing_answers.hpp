#pragma once

#include "analysis/hive_statistics.hpp"
#include "analysis/routing.hpp"
#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"

namespace hive {

/// The statistics from which queries about tools are answered.
struct tool_knowledge {
  const analysis::tally& local;
  const analysis::hive_tally& hive;
};

/// The best tool; ec::no_data when none has enough records.
caf::expected<msg<wire::BestTool>> find_best_tool(wire::BestToolQuery::Reader query, const tool_knowledge& known);

/// The tool to use; ec::no_data when there is no suggestion.
caf::expected<msg<wire::Route>> find_route(wire::RouteQuery::Reader query, const tool_knowledge& known,
                                           const analysis::heuristic_table& heuristics);

msg<wire::ToolSummary> summary_of(const analysis::tally& records);

} // namespace hive
