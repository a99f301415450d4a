#pragma once

#include "actors/tracker/shared_tools.hpp"

#include <map>
#include <string>
#include <vector>

namespace hive {

/// The slots in which a node that learned this tells it.
inline std::map<std::string, std::string> to_tool_slots(const std::vector<analysis::learned_tool>& learned) {
  std::map<std::string, std::vector<analysis::tool_totals>, std::less<>> tools;
  for (const auto& each : learned)
    tools[each.task_type].push_back({each.tool, each.sums, {}});
  shared_tools told{
    [&](std::string_view task_type) { return std::span{std::as_const(tools.find(task_type)->second)}; }};
  for (const auto& [task_type, known] : tools)
    told.update(task_type);
  return told.slots();
}

} // namespace hive
