#pragma once

#include "analysis/hive_statistics.hpp"
#include "analysis/routing.hpp"
#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"

namespace hive {

/// What questions about tools are answered from.
struct tool_knowledge {
  const analysis::tally& local;
  const analysis::hive_tally& hive;
};

/// The best tool, or ec::no_data when none has enough records.
caf::expected<msg<wire::BestTool>> find_best_tool(wire::BestToolQuery::Reader query, const tool_knowledge& known);

/// The tool to use, or ec::no_data when nothing names one.
caf::expected<msg<wire::Route>> find_route(wire::RouteQuery::Reader query, const tool_knowledge& known,
                                           const analysis::heuristic_table& heuristics);

msg<wire::ToolSummary> summary_of(const analysis::tally& records);

} // namespace hive
