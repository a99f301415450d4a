#include "analysis/hive_statistics.hpp"

#include "analysis/hive_estimate.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace hive::analysis {
namespace {

std::optional<refusal> check_tool(const learned_tool& learned) {
  auto where = learned.task_type + "/" + learned.tool;
  for (auto* name : {&learned.task_type, &learned.tool})
    if (name->empty() || name->size() > max_name_bytes)
      return refusal::invalid("a task type or tool name is empty or longer than " + std::to_string(max_name_bytes) +
                              " bytes: " + where.substr(0, max_name_bytes));
  if (auto broken = check_sums(learned.sums))
    return refusal::invalid(where + ": " + broken->text);
  return std::nullopt;
}

refusal given_twice(const learned_tool& tool) {
  return refusal::invalid(tool.task_type + "/" + tool.tool + " is given twice");
}

size_t place_of(const std::vector<tool_totals>& tools, std::string_view tool) {
  return static_cast<size_t>(std::ranges::find(tools, tool, &tool_totals::tool) - tools.begin());
}

} // namespace

hive_tally::hive_tally(hive_limits limits) : limits_{limits} {
  limits_.origins = std::min(limits_.origins, max_summed_origins);
}

std::optional<refusal> hive_tally::replace(std::string_view origin, std::vector<learned_tool> learned,
                                           std::string_view part) {
  if (learned.empty()) {
    remove(origin, part);
    return std::nullopt;
  }
  static const std::vector<learned_tool> nothing;
  auto known = by_origin_.find(origin);
  auto parts_end = known == by_origin_.end() ? parts::iterator{} : known->second.end();
  auto earlier = known == by_origin_.end() ? parts_end : known->second.find(part);
  const auto& before = known == by_origin_.end() || earlier == parts_end ? nothing : earlier->second;
  if (auto refused = check(origin, part, learned))
    return refused;
  known = by_origin_.try_emplace(std::string{origin}).first;
  subtract(known->first, before);
  size_t added = 0;
  if (auto refused = add(known->first, learned, added)) {
    subtract(known->first, std::span{learned}.first(added));
    size_t restored = 0;
    add(known->first, before, restored);
    if (known->second.empty())
      by_origin_.erase(known);
    return refused;
  }
  kept_ += learned.size() - before.size();
  known->second.insert_or_assign(std::string{part}, std::move(learned));
  return std::nullopt;
}

bool hive_tally::knows(std::string_view origin) const {
  return by_origin_.contains(origin);
}

bool hive_tally::knows(std::string_view origin, std::string_view part) const {
  auto found = by_origin_.find(origin);
  return found != by_origin_.end() && found->second.contains(part);
}

void hive_tally::remove(std::string_view origin) {
  auto found = by_origin_.find(origin);
  if (found == by_origin_.end())
    return;
  for (const auto& [part, learned] : found->second) {
    subtract(found->first, learned);
    kept_ -= learned.size();
  }
  by_origin_.erase(found);
}

void hive_tally::remove_part(std::string_view part) {
  std::vector<std::string> origins;
  for (const auto& [origin, parts] : by_origin_)
    if (parts.contains(part))
      origins.push_back(origin);
  for (const auto& origin : origins)
    remove(origin, part);
}

void hive_tally::remove(std::string_view origin, std::string_view part) {
  auto found = by_origin_.find(origin);
  auto said = found == by_origin_.end() ? parts::iterator{} : found->second.find(part);
  if (found == by_origin_.end() || said == found->second.end())
    return;
  subtract(found->first, said->second);
  kept_ -= said->second.size();
  found->second.erase(said);
  if (found->second.empty())
    by_origin_.erase(found);
}

std::span<const tool_totals> hive_tally::tools(std::string_view task_type) const {
  auto found = by_task_.find(task_type);
  if (found == by_task_.end())
    return {};
  return found->second.totals;
}

std::vector<learned_tool> hive_tally::all_tools() const {
  std::vector<learned_tool> out;
  for (const auto& [task_type, known] : by_task_)
    for (const auto& tool : known.totals)
      out.push_back({task_type, tool.tool, tool.sums});
  std::ranges::sort(out, {}, [](const learned_tool& each) { return std::tie(each.task_type, each.tool); });
  return out;
}

std::optional<refusal> hive_tally::check(std::string_view origin, std::string_view part,
                                         const std::vector<learned_tool>& learned) const {
  if (auto refused = check_room(origin, part, learned))
    return refused;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& tool : learned) {
    if (auto broken = check_tool(tool))
      return broken;
    if (!seen.emplace(tool.task_type, tool.tool).second)
      return given_twice(tool);
  }
  return std::nullopt;
}

std::optional<refusal> hive_tally::check_room(std::string_view origin, std::string_view part,
                                              const std::vector<learned_tool>& learned) const {
  auto known = by_origin_.find(origin);
  if (known == by_origin_.end() && by_origin_.size() >= limits_.origins)
    return refusal::full("node " + std::string{origin} + " is new, and the deltas of " +
                         std::to_string(limits_.origins) + " nodes are kept already");
  size_t of_origin = 0, replaced = 0;
  std::map<std::string_view, size_t> of_task;
  auto count = [&](const std::vector<learned_tool>& tools) {
    of_origin += tools.size();
    for (const auto& tool : tools)
      ++of_task[tool.task_type];
  };
  count(learned);
  static const parts none;
  for (const auto& [name, tools] : known == by_origin_.end() ? none : known->second)
    if (name == part)
      replaced = tools.size();
    else
      count(tools);
  if (of_origin > limits_.tools_per_origin || kept_ - replaced + learned.size() > limits_.tools)
    return refusal::full("a delta of " + std::to_string(learned.size()) + " tools from node " + std::string{origin} +
                         " is more than can be kept");
  for (const auto& [task_type, tools] : of_task)
    if (tools > limits_.tools_per_task_of_origin)
      return refusal::full("task type " + std::string{task_type} + " has more than " +
                           std::to_string(limits_.tools_per_task_of_origin) + " tools on node " + std::string{origin});
  return std::nullopt;
}

std::optional<refusal> hive_tally::add(std::string_view origin, std::span<const learned_tool> learned, size_t& added) {
  for (const auto& more : learned) {
    if (auto refused = add(origin, more))
      return refused;
    ++added;
  }
  return std::nullopt;
}

std::optional<refusal> hive_tally::add(std::string_view origin, const learned_tool& more) {
  auto& task = by_task_[more.task_type];
  auto place = place_of(task.totals, more.tool);
  if (place == task.totals.size()) {
    if (place >= limits_.tools_per_task)
      return refusal::full("task type " + more.task_type + " has more than " + std::to_string(limits_.tools_per_task) +
                           " tools in the hive");
    task.totals.push_back({more.tool, {}, {}});
    task.shares.emplace_back();
  }
  auto& shares = task.shares[place];
  if (std::ranges::find(shares.origins, origin) != shares.origins.end())
    return given_twice(more);
  shares.origins.push_back(origin);
  shares.sums.push_back(more.sums);
  shares.as_measured += more.told_as_measured;
  task.totals[place].sums = estimate(shares.sums);
  task.totals[place].told_as_measured = shares.as_measured > 0;
  return std::nullopt;
}

void hive_tally::subtract(std::string_view origin, std::span<const learned_tool> learned) {
  for (const auto& less : learned) {
    auto task = by_task_.find(less.task_type);
    auto place = static_cast<ptrdiff_t>(place_of(task->second.totals, less.tool));
    auto& shares = task->second.shares[static_cast<size_t>(place)];
    auto share = std::ranges::find(shares.origins, origin) - shares.origins.begin();
    shares.origins.erase(shares.origins.begin() + share);
    shares.sums.erase(shares.sums.begin() + share);
    shares.as_measured -= less.told_as_measured;
    task->second.totals[static_cast<size_t>(place)].sums = estimate(shares.sums);
    task->second.totals[static_cast<size_t>(place)].told_as_measured = shares.as_measured > 0;
    if (!shares.origins.empty())
      continue;
    task->second.totals.erase(task->second.totals.begin() + place);
    task->second.shares.erase(task->second.shares.begin() + place);
    if (task->second.totals.empty())
      by_task_.erase(task);
  }
}

} // namespace hive::analysis
