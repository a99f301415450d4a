#include "analysis/tool_statistics.hpp"

#include <algorithm>
#include <span>

namespace hive::analysis {
namespace {

std::optional<refusal> check_name(std::string_view what, std::string_view name, bool may_be_empty) {
  if (name.empty() && !may_be_empty)
    return refusal::invalid(std::string{what} + " is empty");
  if (name.size() > max_name_bytes)
    return refusal::invalid(std::string{what} + " " + std::string{name.substr(0, 32)} + "… is longer than " +
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

refusal no_more_records(const tool_cell& names) {
  return refusal::full(describe(names) + " holds as many records as can be counted");
}

bool has_room(const tool_sums& sums, const tool_sums& more) {
  return sums.n + more.n <= max_tool_records && sums.time_us + more.time_us <= max_total_time_us;
}

/// Number of entries to evict at once, which amortises the search over many insertions.
size_t share_to_drop(size_t limit) {
  constexpr size_t part = 64;
  return std::max<size_t>(1, limit / part);
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
    return {nullptr, refusal::invalid("a time of " + std::to_string(outcome.time_us) + " µs is longer than 7 days")};
  auto record = sums_of_record(outcome.time_us, outcome.success);
  tool_cell names{outcome.task_type, outcome.tool, outcome.model, record, {}};
  auto* place = find_slot(names);
  if (!place) {
    if (auto refused = make_room(names))
      return {nullptr, std::move(refused)};
    place = find_slot(names); // making room may have merged models, so the record may belong to an existing slot
    if (!place)
      place = &make_slot(names);
  } else if (!has_room(place->task->totals->tools[place->tool].sums, record)) {
    return {nullptr, no_more_records(names)};
  }
  auto& totals = place->task->totals->tools[place->tool];
  auto number = ++place->task->totals->records;
  place->cell->sums += record;
  place->cell->recent.push(number, outcome.success);
  totals.sums += record;
  totals.recent.push(number, outcome.success);
  use(*place);
  return {&*place->cell, std::nullopt};
}

/// Called for each counted record; updates the eviction priorities.
void tally::use(slot& place) {
  auto& task = *place.task;
  task.priority = task_clock_ + task.totals->records;
  task.tools[place.tool].priority = task.tool_clock + task.totals->tools[place.tool].sums.n;
}

std::optional<refusal> tally::restore(const tool_cell& stored) {
  if (auto broken = check_sums(stored.sums))
    return refusal::invalid(describe(stored) + ": " + broken->text);
  if (stored.recent.size() != std::min<uint64_t>(stored.sums.n, recent_outcomes::capacity))
    return refusal::invalid(describe(stored) + ": " + std::to_string(stored.recent.size()) +
                            " recent outcomes do not go with " + std::to_string(stored.sums.n) + " records");
  if (find_slot(stored))
    return refusal::invalid(describe(stored) + " with model '" + std::string{stored.model} + "' was already restored");
  if (auto broken = check_names(stored))
    return broken;
  if (auto refused = check_room(stored))
    return refused;
  auto& place = make_slot(stored);
  auto& totals = place.task->totals->tools[place.tool];
  place.cell->sums = stored.sums;
  place.cell->recent = stored.recent;
  totals.sums += stored.sums;
  totals.recent.join(stored.recent);
  place.task->totals->records = std::max(place.task->totals->records, stored.recent.newest());
  use(place);
  return std::nullopt;
}

const task_totals* tally::find(std::string_view task_type) const {
  auto found = by_task_.find(task_type);
  return found == by_task_.end() ? nullptr : &*found->second.totals;
}

tally::task_entry* tally::find_task(std::string_view task_type) {
  auto found = by_task_.find(task_type);
  return found == by_task_.end() ? nullptr : &found->second;
}

tally::slot* tally::find_slot(const tool_cell& names) {
  auto task_type = names_.find(names.task_type);
  auto tool = names_.find(names.tool);
  auto model = names_.find(names.model);
  if (task_type == names_.end() || tool == names_.end() || model == names_.end())
    return nullptr;
  auto found = slots_.find({task_type->second.number, tool->second.number, model->second.number});
  return found == slots_.end() ? nullptr : &found->second;
}

tally::slot& tally::make_slot(const tool_cell& names) {
  auto cell = cells_.emplace(cells_.end());
  cell_key key{intern(names.task_type, cell->task_type).number, intern(names.tool, cell->tool).number,
               intern(names.model, cell->model).number};
  auto* task = find_task(cell->task_type);
  if (!task) {
    task = &by_task_[cell->task_type];
    task->totals = tasks_.emplace(tasks_.end());
    task->totals->task_type = cell->task_type;
  }
  auto tool = find_tool(*task->totals, cell->tool);
  if (tool == task->tools.size()) {
    task->totals->tools.push_back({std::string{cell->tool}, {}, {}});
    task->tools.emplace_back();
  }
  auto& made = slots_.emplace(key, slot{cell, task, tool, key}).first->second;
  task->tools[tool].slots.push_back(&made);
  return made;
}

// -- bounds -----------------------------------------------------------------------

std::optional<refusal> tally::check_room(const tool_cell& more) const {
  auto* task = find(more.task_type);
  auto tool = task ? find_tool(*task, more.tool) : 0;
  bool known_tool = task && tool < task->tools.size();
  if (known_tool && !has_room(task->tools[tool].sums, more.sums))
    return no_more_records(more);
  if (!task && tasks_.size() >= limits_.task_types)
    return refusal::full("task type " + std::string{more.task_type} + " is new, and " +
                         std::to_string(limits_.task_types) + " are kept already");
  if (task && !known_tool && task->tools.size() >= limits_.tools_per_task)
    return refusal::full(describe(more) + " is new, and " + std::to_string(limits_.tools_per_task) +
                         " are kept already");
  if (cells_.size() >= limits_.cells)
    return refusal::full("model '" + std::string{more.model} + "' of " + describe(more) + " is new, and " +
                         std::to_string(limits_.cells) + " combinations are kept already");
  return std::nullopt;
}

/// Makes room for a new cell. Changes nothing on refusal.
std::optional<refusal> tally::make_room(const tool_cell& more) {
  if (auto broken = check_names(more))
    return broken;
  auto* task = find_task(more.task_type);
  auto tool = task ? find_tool(*task->totals, more.tool) : 0;
  bool is_new_tool = !task || tool == task->tools.size();
  if (!is_new_tool && !has_room(task->totals->tools[tool].sums, more.sums))
    return no_more_records(more);
  if (!task && tasks_.size() >= limits_.task_types)
    drop_tasks(nullptr);
  if (task && is_new_tool && task->tools.size() >= limits_.tools_per_task)
    drop_tools(*task);
  if (cells_.size() >= limits_.cells && !fold_models()) {
    drop_tasks(task);
    if (cells_.size() >= limits_.cells && task && task->tools.size() > 1)
      drop_tools(*task);
  }
  return std::nullopt;
}

/// Evicts the least used task types except `except`.
void tally::drop_tasks(const task_entry* except) {
  std::vector<task_entry*> all;
  for (auto& [name, task] : by_task_)
    if (&task != except)
      all.push_back(&task);
  auto count = std::min(all.size(), share_to_drop(all.size()));
  auto end = all.begin() + static_cast<ptrdiff_t>(count);
  std::ranges::partial_sort(all, end, {}, &task_entry::priority);
  for (auto* task : std::span{all}.first(count)) {
    task_clock_ = std::max(task_clock_, task->priority);
    drop_task(*task);
  }
}

/// Evicts the least used tools of a task type.
void tally::drop_tools(task_entry& of) {
  for (auto left = share_to_drop(limits_.tools_per_task); left > 0 && of.tools.size() > 1; --left) {
    auto least = std::ranges::min_element(of.tools, {}, &tool_entry::priority);
    of.tool_clock = std::max(of.tool_clock, least->priority);
    drop_tool(of, static_cast<size_t>(least - of.tools.begin()));
  }
}

/// Merges models of the tool with the most models. False when every tool has only one.
bool tally::fold_models() {
  tool_entry* largest = nullptr;
  for (auto& [name, task] : by_task_)
    for (auto& tool : task.tools)
      if (!largest || tool.slots.size() > largest->slots.size())
        largest = &tool;
  if (!largest || largest->slots.size() < 2)
    return false;
  fold(*largest, std::min(largest->slots.size(), share_to_drop(limits_.cells) + 1));
  return true;
}

/// Merges the `count` least used models of a tool (at least two if it has them) into the cell without model.
void tally::fold(tool_entry& tool, size_t count) {
  auto any = *tool.slots.front()->cell;
  tool_cell nameless{any.task_type, any.tool, {}, {}, {}};
  auto* into = find_slot(nameless);
  if (!into)
    into = &make_slot(nameless);
  auto others = tool.slots;
  std::erase(others, into);
  auto last = others.begin() + static_cast<ptrdiff_t>(std::min(count, others.size()));
  std::ranges::partial_sort(others, last, {}, [](const slot* each) {
    return std::pair{each->cell->sums.n, each->cell->recent.newest()};
  });
  for (auto each = others.begin(); each != last; ++each) {
    into->cell->sums += (*each)->cell->sums;
    into->cell->recent.join((*each)->cell->recent);
    drop_slot(**each);
  }
  tool.slots.assign(last, others.end());
  tool.slots.push_back(into);
  room_made_->changed.push_back(&*into->cell);
}

void tally::drop_task(task_entry& task) {
  // Extract the entry from the table first: its key refers to a name that is freed with the last cell.
  auto node = by_task_.extract(task.totals->task_type);
  while (!task.tools.empty())
    drop_tool(task, task.tools.size() - 1);
  tasks_.erase(task.totals);
}

void tally::drop_tool(task_entry& of, size_t place) {
  unlisted_ += of.totals->tools[place].sums.n;
  for (auto* each : of.tools[place].slots)
    drop_slot(*each);
  of.tools.erase(of.tools.begin() + static_cast<ptrdiff_t>(place));
  of.totals->tools.erase(of.totals->tools.begin() + static_cast<ptrdiff_t>(place));
  for (auto behind = place; behind < of.tools.size(); ++behind)
    for (auto* moved : of.tools[behind].slots)
      moved->tool = behind;
}

/// Removes a cell; the caller updates the tool's totals and slot list.
void tally::drop_slot(slot& gone) {
  auto cell = gone.cell;
  if (!room_made_)
    room_made_.emplace();
  room_made_->removed.push_back(
    {&*cell, std::string{cell->task_type}, std::string{cell->tool}, std::string{cell->model}});
  slots_.erase(cell_key{gone.key}); // a copy: the key must not live in the erased entry
  for (auto name : {cell->task_type, cell->tool, cell->model})
    release(name);
  cells_.erase(cell);
}

// -- names ------------------------------------------------------------------------

tally::name_entry& tally::intern(std::string_view name, std::string_view& kept) {
  auto found = names_.find(name);
  if (found == names_.end()) {
    auto number = static_cast<uint32_t>(names_.size());
    if (!free_numbers_.empty()) {
      number = free_numbers_.back();
      free_numbers_.pop_back();
    }
    found = names_.emplace(name, name_entry{number, 0}).first;
  }
  kept = found->first;
  ++found->second.uses;
  return found->second;
}

void tally::release(std::string_view name) {
  auto found = names_.find(name);
  if (--found->second.uses > 0)
    return;
  free_numbers_.push_back(found->second.number);
  names_.erase(found);
}

} // namespace hive::analysis
