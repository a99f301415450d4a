#include "analysis/hive_statistics.hpp"

#include "analysis/hive_estimate.hpp"

#include <algorithm>
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

auto names_of(const learned_tool& tool) {
  return std::tie(tool.task_type, tool.tool);
}

/// The tools in the order of their names.
std::vector<const learned_tool*> by_name(const std::vector<learned_tool>& tools) {
  std::vector<const learned_tool*> out;
  out.reserve(tools.size());
  for (const auto& each : tools)
    out.push_back(&each);
  std::ranges::sort(out, {}, [](const learned_tool* each) { return names_of(*each); });
  return out;
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
  const auto& before = tools_of(origin, part);
  if (auto refused = check_room(origin, before, learned))
    return refused;
  for (const auto& tool : learned)
    if (auto broken = check_tool(tool))
      return broken;
  auto sorted = by_name(learned);
  auto twice =
    std::ranges::adjacent_find(sorted, [](const auto* a, const auto* b) { return names_of(*a) == names_of(*b); });
  if (twice != sorted.end())
    return given_twice(**twice);
  auto known = by_origin_.try_emplace(std::string{origin}).first;
  if (auto refused = apply(compare(before, sorted), known)) {
    if (known->second.parts.empty())
      by_origin_.erase(known);
    return refused;
  }
  known->second.parts.insert_or_assign(std::string{part}, std::move(learned));
  return std::nullopt;
}

bool hive_tally::knows(std::string_view origin) const {
  return by_origin_.contains(origin);
}

bool hive_tally::knows(std::string_view origin, std::string_view part) const {
  auto found = by_origin_.find(origin);
  return found != by_origin_.end() && found->second.parts.contains(part);
}

void hive_tally::remove(std::string_view origin) {
  auto found = by_origin_.find(origin);
  if (found == by_origin_.end())
    return;
  for (const auto& [part, learned] : found->second.parts)
    for (const auto& tool : learned)
      subtract(found->first, tool);
  kept_ -= found->second.tools;
  by_origin_.erase(found);
}

void hive_tally::remove_part(std::string_view part) {
  std::vector<std::string> origins;
  for (const auto& [name, said] : by_origin_)
    if (said.parts.contains(part))
      origins.push_back(name);
  for (const auto& origin : origins)
    remove(origin, part);
}

void hive_tally::remove(std::string_view origin, std::string_view part) {
  auto found = by_origin_.find(origin);
  if (found == by_origin_.end())
    return;
  auto said = found->second.parts.find(part);
  if (said == found->second.parts.end())
    return;
  for (const auto& tool : said->second) {
    subtract(found->first, tool);
    count(found->second, tool, false);
  }
  kept_ -= said->second.size();
  found->second.parts.erase(said);
  if (found->second.parts.empty())
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
  std::ranges::sort(out, {}, names_of);
  return out;
}

const hive_tally::tool_list& hive_tally::tools_of(std::string_view origin, std::string_view part) const {
  static const tool_list none;
  auto known = by_origin_.find(origin);
  if (known == by_origin_.end())
    return none;
  auto said = known->second.parts.find(part);
  return said == known->second.parts.end() ? none : said->second;
}

std::optional<refusal> hive_tally::check_room(std::string_view name, const tool_list& before,
                                              const tool_list& learned) const {
  static const origin nobody;
  auto known = by_origin_.find(name);
  if (known == by_origin_.end() && by_origin_.size() >= limits_.origins)
    return refusal::full("node " + std::string{name} + " is new, and the deltas of " + std::to_string(limits_.origins) +
                         " nodes are kept already");
  const auto& said = known == by_origin_.end() ? nobody : known->second;
  if (said.tools - before.size() + learned.size() > limits_.tools_per_origin ||
      kept_ - before.size() + learned.size() > limits_.tools)
    return refusal::full("a delta of " + std::to_string(learned.size()) + " tools from node " + std::string{name} +
                         " is more than can be kept");
  std::map<std::string_view, size_t> given, replaced;
  for (const auto& tool : learned)
    ++given[tool.task_type];
  for (const auto& tool : before)
    ++replaced[tool.task_type];
  for (const auto& [task_type, tools] : given) {
    auto told = said.by_task.find(task_type);
    auto others = told == said.by_task.end() ? 0 : told->second - replaced[task_type];
    if (others + tools > limits_.tools_per_task_of_origin)
      return refusal::full("task type " + std::string{task_type} + " has more than " +
                           std::to_string(limits_.tools_per_task_of_origin) + " tools on node " + std::string{name});
  }
  return std::nullopt;
}

// -- changes ----------------------------------------------------------------------

hive_tally::difference hive_tally::compare(const tool_list& before, const std::vector<const learned_tool*>& learned) {
  difference out;
  auto earlier = by_name(before);
  auto next = learned.begin();
  for (const auto* each : earlier) {
    for (; next != learned.end() && names_of(**next) < names_of(*each); ++next)
      out.added.push_back(*next);
    if (next == learned.end() || names_of(**next) != names_of(*each)) {
      out.removed.push_back(each);
      continue;
    }
    if ((*next)->sums != each->sums || (*next)->told_as_measured != each->told_as_measured)
      out.changed.emplace_back(each, *next);
    ++next;
  }
  out.added.insert(out.added.end(), next, learned.end());
  return out;
}

std::optional<refusal> hive_tally::apply(const difference& change, origin_map::iterator to) {
  auto& [name, said] = *to;
  for (const auto* each : change.removed)
    subtract(name, *each);
  for (size_t added = 0; added < change.added.size(); ++added) {
    auto refused = add(name, *change.added[added]);
    if (!refused)
      continue;
    for (const auto* each : std::span{change.added}.first(added))
      subtract(name, *each);
    for (const auto* each : change.removed)
      add(name, *each);
    return refused;
  }
  for (const auto& [earlier, later] : change.changed)
    update(name, *earlier, *later);
  for (const auto* each : change.removed)
    count(said, *each, false);
  for (const auto* each : change.added)
    count(said, *each, true);
  kept_ += change.added.size() - change.removed.size();
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
  refresh(task, place);
  return std::nullopt;
}

void hive_tally::subtract(std::string_view origin, const learned_tool& less) {
  auto found = by_task_.find(less.task_type);
  auto& task = found->second;
  auto place = place_of(task.totals, less.tool);
  auto& shares = task.shares[place];
  auto share = std::ranges::find(shares.origins, origin) - shares.origins.begin();
  shares.origins.erase(shares.origins.begin() + share);
  shares.sums.erase(shares.sums.begin() + share);
  shares.as_measured -= less.told_as_measured;
  if (!shares.origins.empty())
    return refresh(task, place);
  task.totals.erase(task.totals.begin() + static_cast<ptrdiff_t>(place));
  task.shares.erase(task.shares.begin() + static_cast<ptrdiff_t>(place));
  if (task.totals.empty())
    by_task_.erase(found);
}

void hive_tally::update(std::string_view origin, const learned_tool& earlier, const learned_tool& later) {
  auto& task = by_task_.find(later.task_type)->second;
  auto place = place_of(task.totals, later.tool);
  auto& shares = task.shares[place];
  shares.sums[static_cast<size_t>(std::ranges::find(shares.origins, origin) - shares.origins.begin())] = later.sums;
  shares.as_measured -= earlier.told_as_measured;
  shares.as_measured += later.told_as_measured;
  refresh(task, place);
}

void hive_tally::refresh(task_shares& task, size_t place) {
  const auto& shares = task.shares[place];
  task.totals[place].sums = estimate(shares.sums);
  task.totals[place].told_as_measured = shares.as_measured > 0;
}

void hive_tally::count(origin& to, const learned_tool& tool, bool is_added) {
  to.tools += is_added ? 1 : -size_t{1};
  auto counted = to.by_task.try_emplace(tool.task_type, 0).first;
  counted->second += is_added ? 1 : -size_t{1};
  if (counted->second == 0)
    to.by_task.erase(counted);
}

} // namespace hive::analysis
