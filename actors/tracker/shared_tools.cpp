#include "actors/tracker/shared_tools.hpp"

#include "actors/tracker/tool_slots.hpp"

#include <algorithm>
#include <vector>

namespace hive {

using analysis::tool_totals;

shared_tools::shared_tools(tools_of now, size_t most) : now_{std::move(now)}, most_{most} {
}

void shared_tools::update(const std::string& task_type) {
  auto& in = buckets_[tool_bucket_of(task_type)];
  auto now = now_(task_type);
  drop_gone(in, task_type, now);
  for (const auto& tool : now)
    put(in, {task_type, tool.tool}, tool.sums.n);
  balance();
}

void shared_tools::put(bucket& in, tool_name name, uint64_t records) {
  auto [known, is_new] = in.records.try_emplace(std::move(name), records);
  if (!is_new && known->second == records) { // of a task type of which another tool changed, or evicted and new again
    in.is_changed |= in.told.contains(&known->first);
    return;
  }
  if (!is_new)
    erase({known->second, &known->first, &in});
  known->second = records;
  insert({records, &known->first, &in});
}

void shared_tools::drop_gone(bucket& in, const std::string& task_type, std::span<const tool_totals> now) {
  for (auto each = in.records.lower_bound({task_type, {}}); each != in.records.end() && each->first.first == task_type;)
    if (std::ranges::find(now, each->first.second, &tool_totals::tool) != now.end()) {
      ++each;
    } else {
      erase({each->second, &each->first, &in});
      each = in.records.erase(each);
    }
}

void shared_tools::insert(const rank& what) {
  left_out_.empty() || what < *left_out_.begin() ? tell(what) : leave_out(what);
}

void shared_tools::erase(const rank& what) {
  if (left_out_.erase(what) > 0)
    return;
  told_.erase(what);
  what.in->told.erase(what.name);
  what.in->is_changed = true;
}

void shared_tools::tell(const rank& what) {
  told_.insert(what);
  what.in->told.insert(what.name);
  what.in->is_changed = true;
}

void shared_tools::leave_out(const rank& what) {
  left_out_.insert(what);
}

void shared_tools::balance() {
  while (told_.size() > most_) {
    auto last = *told_.rbegin();
    erase(last);
    leave_out(last);
  }
  while (told_.size() < most_ && !left_out_.empty())
    tell(left_out_.extract(left_out_.begin()).value());
}

const std::map<std::string, std::string>& shared_tools::slots() {
  for (auto& [key, each] : buckets_)
    if (std::exchange(each.is_changed, false))
      pack(key, each);
  return slots_;
}

void shared_tools::pack(const std::string& key, const bucket& what) {
  std::vector<analysis::learned_tool> learned;
  for (const auto* name : what.told) {
    auto now = now_(name->first);
    if (auto tool = std::ranges::find(now, name->second, &tool_totals::tool); tool != now.end())
      learned.push_back({name->first, name->second, tool->sums});
  }
  if (learned.empty())
    slots_.erase(key);
  else
    slots_[key] = to_tool_slot(std::move(learned));
}

} // namespace hive
