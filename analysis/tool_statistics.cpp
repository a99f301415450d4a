#include "analysis/tool_statistics.hpp"

#include <algorithm>

namespace hive::analysis {
namespace {

refusal invalid(std::string text) {
  return {refusal::kind::invalid, std::move(text)};
}

refusal full(std::string text) {
  return {refusal::kind::full, std::move(text)};
}

std::optional<refusal> check_name(std::string_view what, std::string_view name, bool may_be_empty) {
  if (name.empty() && !may_be_empty)
    return invalid(std::string{what} + " is empty");
  if (name.size() > max_name_bytes)
    return invalid(std::string{what} + " " + std::string{name.substr(0, 32)} + "… is longer than " +
                   std::to_string(max_name_bytes) + " bytes");
  return std::nullopt;
}

std::optional<refusal> check_names(const tool_cell& names) {
  if (auto broken = check_name("task_type", names.task_type, false))
    return broken;
  if (auto broken = check_name("tool_name", names.tool, false))
    return broken;
  return check_name("model_name", names.model, true);
}

std::string describe(const tool_cell& names) {
  return "tool " + std::string{names.tool} + " of task type " + std::string{names.task_type};
}

bool has_room(const tool_sums& sums, const tool_sums& more) {
  return sums.n + more.n <= max_tool_records && sums.time_us + more.time_us <= max_total_time_us;
}

size_t find_tool(const task_totals& task, std::string_view tool) {
  return static_cast<size_t>(std::ranges::find(task.tools, tool, &tool_totals::tool) - task.tools.begin());
}

} // namespace

size_t tally::cell_key_hash::operator()(const cell_key& key) const {
  // Three small numbers; odd multipliers spread them over the word.
  return key.task_type * 0x9e3779b97f4a7c15ULL ^ key.tool * 0xc2b2ae3d27d4eb4fULL ^ key.model * 0x165667b19e3779f9ULL;
}

tally::tally(tally_limits limits) : limits_{limits} {
}

tally::added tally::add(const task_outcome& outcome) {
  if (outcome.time_us > max_task_time_us)
    return {nullptr, invalid("a time of " + std::to_string(outcome.time_us) + " µs is longer than 7 days")};
  auto record = sums_of_record(outcome.time_us, outcome.success);
  tool_cell names{outcome.task_type, outcome.tool, outcome.model, record, {}};
  auto* place = find_slot(names);
  if (!place) {
    if (auto refused = make_slot(names, place))
      return {nullptr, std::move(refused)};
  } else if (auto refused = check_room(names, place->task, place->tool)) {
    return {nullptr, std::move(refused)};
  }
  auto& totals = place->task->tools[place->tool];
  auto number = ++place->task->records;
  place->cell->sums += record;
  place->cell->recent.push(number, outcome.success);
  totals.sums += record;
  totals.recent.push(number, outcome.success);
  return {place->cell, std::nullopt};
}

std::optional<refusal> tally::restore(const tool_cell& stored) {
  if (auto broken = check_sums(stored.sums))
    return invalid(describe(stored) + ": " + broken->text);
  if (stored.recent.size() != std::min<uint64_t>(stored.sums.n, recent_outcomes::capacity))
    return invalid(describe(stored) + ": " + std::to_string(stored.recent.size()) + " recent outcomes do not go with " +
                   std::to_string(stored.sums.n) + " records");
  if (find_slot(stored))
    return invalid(describe(stored) + " with model '" + std::string{stored.model} + "' was already restored");
  slot* place = nullptr;
  if (auto refused = make_slot(stored, place))
    return refused;
  auto& totals = place->task->tools[place->tool];
  place->cell->sums = stored.sums;
  place->cell->recent = stored.recent;
  totals.sums += stored.sums;
  totals.recent.join(stored.recent);
  place->task->records = std::max(place->task->records, stored.recent.newest());
  return std::nullopt;
}

const task_totals* tally::find(std::string_view task_type) const {
  auto found = by_task_.find(task_type);
  return found == by_task_.end() ? nullptr : found->second;
}

task_totals* tally::find_task(std::string_view task_type) {
  auto found = by_task_.find(task_type);
  return found == by_task_.end() ? nullptr : found->second;
}

tally::slot* tally::find_slot(const tool_cell& names) {
  auto task_type = names_.find(names.task_type);
  auto tool = names_.find(names.tool);
  auto model = names_.find(names.model);
  if (task_type == names_.end() || tool == names_.end() || model == names_.end())
    return nullptr;
  auto found = slots_.find({task_type->second, tool->second, model->second});
  return found == slots_.end() ? nullptr : &found->second;
}

std::optional<refusal> tally::check_room(const tool_cell& more, const task_totals* task, size_t tool) const {
  bool known_tool = task && tool < task->tools.size();
  if (known_tool && !has_room(task->tools[tool].sums, more.sums))
    return full(describe(more) + " holds as many records as can be counted");
  if (!task && tasks_.size() >= limits_.task_types)
    return full("task type " + std::string{more.task_type} + " is new, and " + std::to_string(limits_.task_types) +
                " are kept already");
  if (task && !known_tool && task->tools.size() >= limits_.tools_per_task)
    return full(describe(more) + " is new, and " + std::to_string(limits_.tools_per_task) + " are kept already");
  return std::nullopt;
}

std::optional<refusal> tally::make_slot(const tool_cell& more, slot*& out) {
  if (auto broken = check_names(more))
    return broken;
  auto* task = find_task(more.task_type);
  auto tool = task ? find_tool(*task, more.tool) : 0;
  if (auto refused = check_room(more, task, tool))
    return refused;
  if (cells_.size() >= limits_.cells)
    return full("model '" + std::string{more.model} + "' of " + describe(more) + " is new, and " +
                std::to_string(limits_.cells) + " combinations are kept already");
  auto& cell = cells_.emplace_back();
  cell_key key{intern(more.task_type, cell.task_type), intern(more.tool, cell.tool), intern(more.model, cell.model)};
  if (!task) {
    task = &tasks_.emplace_back();
    task->task_type = cell.task_type;
    by_task_.emplace(task->task_type, task);
  }
  if (tool == task->tools.size())
    task->tools.push_back({std::string{cell.tool}, {}, {}});
  out = &slots_.emplace(key, slot{&cell, task, tool}).first->second;
  return std::nullopt;
}

uint32_t tally::intern(std::string_view name, std::string_view& kept) {
  auto found = names_.find(name);
  if (found == names_.end())
    found = names_.emplace(name, static_cast<uint32_t>(names_.size())).first;
  kept = found->first;
  return found->second;
}

} // namespace hive::analysis
