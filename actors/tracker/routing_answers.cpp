#include "actors/tracker/routing_answers.hpp"

#include "analysis/tool_summary.hpp"
#include "messages/text.hpp"

#include <string>
#include <vector>

namespace hive {
namespace {

analysis::routing_policy policy_of(wire::RoutingPolicy policy) {
  return policy == wire::RoutingPolicy::EXPLORE ? analysis::routing_policy::explore
                                                : analysis::routing_policy::threshold;
}

wire::Claim to_wire(analysis::claim claimed) {
  switch (claimed) {
  case analysis::claim::none:
    return wire::Claim::NONE;
  case analysis::claim::best:
    return wire::Claim::BEST;
  case analysis::claim::tied:
    return wire::Claim::TIED;
  }
  return wire::Claim::NONE;
}

wire::RouteReason to_wire(analysis::route_reason reason) {
  switch (reason) {
  case analysis::route_reason::override_:
    return wire::RouteReason::OVERRIDE;
  case analysis::route_reason::local:
    return wire::RouteReason::LOCAL;
  case analysis::route_reason::hive:
    return wire::RouteReason::HIVE;
  case analysis::route_reason::heuristic:
    return wire::RouteReason::HEURISTIC;
  case analysis::route_reason::available:
    return wire::RouteReason::AVAILABLE;
  }
  return wire::RouteReason::AVAILABLE;
}

/// Everything known about one task type.
analysis::route_knowledge known_of(std::string_view task_type, const tool_knowledge& known) {
  analysis::route_knowledge out;
  if (auto* local = known.local.find(task_type)) {
    out.local = local->tools;
    out.task_records = local->records;
  }
  out.hive = known.hive.tools(task_type);
  return out;
}

std::optional<analysis::tool_choice> choose(wire::BestToolQuery::Reader query, const analysis::route_knowledge& known) {
  bool local = query.getScope() == wire::ToolScope::LOCAL;
  auto tools = local ? known.local : known.hive;
  if (policy_of(query.getPolicy()) == analysis::routing_policy::threshold)
    return analysis::best_tool(tools);
  // Evidence from other nodes does not fade, since their records have no sequence numbers on this node.
  return analysis::explore(tools, local ? known.task_records : 0);
}

} // namespace

caf::expected<msg<wire::BestTool>> find_best_tool(wire::BestToolQuery::Reader query, const tool_knowledge& known) {
  auto best = choose(query, known_of(as_view(query.getTaskType()), known));
  if (!best)
    return fail(ec::no_data, "no tool has enough records of task type " + std::string{as_view(query.getTaskType())});
  return msg<wire::BestTool>::build([&](wire::BestTool::Builder out) {
    out.setTaskType(query.getTaskType());
    out.setToolName(best->tool);
    out.setSuccessRate(best->success_rate);
    out.setAvgTimeS(best->avg_time_s);
    out.setSampleCount(best->samples);
    out.setClaim(to_wire(best->claimed));
  });
}

caf::expected<msg<wire::Route>> find_route(wire::RouteQuery::Reader query, const tool_knowledge& known,
                                           const analysis::heuristic_table& heuristics) {
  std::vector<std::string_view> available;
  for (auto tool : query.getAvailable())
    available.push_back(as_view(tool));
  auto task_type = as_view(query.getTaskType());
  analysis::route_question question{task_type, available, as_view(query.getOverride()), policy_of(query.getPolicy())};
  auto found = analysis::route(question, known_of(task_type, known), heuristics);
  if (!found)
    return fail(ec::no_data, "nothing is known of task type " + std::string{task_type} + ", and no tool is named");
  return msg<wire::Route>::build([&](wire::Route::Builder out) {
    out.setTaskType(query.getTaskType());
    out.setToolName(found->tool);
    out.setReason(to_wire(found->reason));
    out.setExploring(found->exploring);
    out.setClaim(to_wire(found->claimed));
    out.setSampleCount(found->samples);
    out.setSuccessRate(found->success_rate);
    out.setAvgTimeS(found->avg_time_s);
  });
}

msg<wire::ToolSummary> summary_of(const analysis::tally& records) {
  auto summary = analysis::summarise(records);
  return msg<wire::ToolSummary>::build([&](wire::ToolSummary::Builder out) {
    out.setTotalBenchmarks(summary.total);
    out.setUnlisted(summary.unlisted);
    auto by_tool = out.initByTool(static_cast<uint32_t>(summary.by_tool.size()));
    for (uint32_t i = 0; i < by_tool.size(); ++i) {
      const auto& line = summary.by_tool[i];
      by_tool[i].setTool(line.tool);
      by_tool[i].setTotal(line.total);
      by_tool[i].setSuccessRate(line.success_rate);
      by_tool[i].setAvgTimeS(line.avg_time_s);
    }
    auto by_task_type = out.initByTaskType(static_cast<uint32_t>(summary.by_task_type.size()));
    for (uint32_t i = 0; i < by_task_type.size(); ++i) {
      const auto& line = summary.by_task_type[i];
      by_task_type[i].setTaskType(line.task_type);
      by_task_type[i].setTool(line.tool);
      by_task_type[i].setTotal(line.total);
      by_task_type[i].setSuccessRate(line.success_rate);
      by_task_type[i].setAvgTimeS(line.avg_time_s);
    }
  });
}

} // namespace hive
