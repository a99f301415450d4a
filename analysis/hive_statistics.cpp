#include "analysis/hive_statistics.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace hive::analysis {
namespace {

refusal invalid(std::string text) {
  return {refusal::kind::invalid, std::move(text)};
}

refusal full(std::string text) {
  return {refusal::kind::full, std::move(text)};
}

std::optional<refusal> check_tool(const learned_tool& learned) {
  auto where = learned.task_type + "/" + learned.tool;
  for (auto* name : {&learned.task_type, &learned.tool})
    if (name->empty() || name->size() > max_name_bytes)
      return invalid("a task type or tool name is empty or longer than " + std::to_string(max_name_bytes) +
                     " bytes: " + where.substr(0, max_name_bytes));
  if (auto broken = check_sums(learned.sums))
    return invalid(where + ": " + broken->text);
  return std::nullopt;
}

} // namespace

hive_tally::hive_tally(hive_limits limits) : limits_{limits} {
  limits_.origins = std::min(limits_.origins, max_summed_origins);
}

std::optional<refusal> hive_tally::replace(std::string_view origin, std::vector<learned_tool> learned) {
  if (auto refused = check(origin, learned))
    return refused;
  auto earlier = by_origin_.find(origin);
  if (earlier != by_origin_.end())
    subtract(earlier->second);
  if (auto taken = add(learned); taken < learned.size()) {
    auto text = "task type " + learned[taken].task_type + " has more than " + std::to_string(limits_.tools_per_task) +
                " tools in the hive";
    subtract(std::span{learned}.first(taken));
    if (earlier != by_origin_.end())
      add(earlier->second);
    return full(std::move(text));
  }
  if (earlier != by_origin_.end())
    kept_ -= earlier->second.size();
  kept_ += learned.size();
  by_origin_.insert_or_assign(std::string{origin}, std::move(learned));
  return std::nullopt;
}

void hive_tally::remove(std::string_view origin) {
  auto found = by_origin_.find(origin);
  if (found == by_origin_.end())
    return;
  subtract(found->second);
  kept_ -= found->second.size();
  by_origin_.erase(found);
}

std::span<const tool_totals> hive_tally::tools(std::string_view task_type) const {
  auto found = by_task_.find(task_type);
  if (found == by_task_.end())
    return {};
  return found->second;
}

std::vector<learned_tool> hive_tally::all_tools() const {
  std::vector<learned_tool> out;
  for (const auto& [task_type, tools] : by_task_)
    for (const auto& tool : tools)
      out.push_back({task_type, tool.tool, tool.sums});
  std::ranges::sort(out, {}, [](const learned_tool& each) { return std::tie(each.task_type, each.tool); });
  return out;
}

std::optional<refusal> hive_tally::check(std::string_view origin, const std::vector<learned_tool>& learned) const {
  auto earlier = by_origin_.find(origin);
  bool is_new = earlier == by_origin_.end();
  if (is_new && by_origin_.size() >= limits_.origins)
    return full("node " + std::string{origin} + " is new, and the deltas of " + std::to_string(limits_.origins) +
                " nodes are kept already");
  auto others = kept_ - (is_new ? 0 : earlier->second.size());
  if (learned.size() > std::min(limits_.tools_per_origin, limits_.tools - others))
    return full("a delta of " + std::to_string(learned.size()) + " tools from node " + std::string{origin} +
                " is more than can be kept");
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& tool : learned) {
    if (auto broken = check_tool(tool))
      return broken;
    if (!seen.emplace(tool.task_type, tool.tool).second)
      return invalid(tool.task_type + "/" + tool.tool + " is given twice");
  }
  return std::nullopt;
}

size_t hive_tally::add(std::span<const learned_tool> learned) {
  size_t taken = 0;
  for (const auto& more : learned) {
    auto& tools = by_task_[more.task_type];
    auto found = std::ranges::find(tools, more.tool, &tool_totals::tool);
    if (found == tools.end() && tools.size() >= limits_.tools_per_task)
      return taken;
    if (found == tools.end())
      found = tools.insert(found, {more.tool, {}, {}});
    found->sums += more.sums;
    ++taken;
  }
  return taken;
}

void hive_tally::subtract(std::span<const learned_tool> learned) {
  for (const auto& less : learned) {
    auto task = by_task_.find(less.task_type);
    auto tool = std::ranges::find(task->second, less.tool, &tool_totals::tool);
    tool->sums -= less.sums;
    if (tool->sums.n == 0)
      task->second.erase(tool);
    if (task->second.empty())
      by_task_.erase(task);
  }
}

} // namespace hive::analysis
