#include "actors/tracker/task_ledger.hpp"

#include "actors/tracker/stored_statistics.hpp"
#include "messages/text.hpp"

#include <chrono>
#include <cstring>

namespace hive {
namespace {

/// The schema's limit on an idempotency key.
constexpr size_t max_key_bytes = 64;

constexpr int64_t max_skew_us = std::chrono::microseconds{defaults::max_task_clock_skew}.count();

admission rejected(std::string why) {
  return {admission::outcome::rejected, std::move(why)};
}

/// Checks the record's fields that the statistics do not use.
std::optional<std::string> find_fault(wire::TaskRecord::Reader record) {
  if (record.getUserId().size() > analysis::max_name_bytes)
    return "user_id is longer than " + std::to_string(analysis::max_name_bytes) + " bytes";
  if (record.getIdempotencyKey().size() > max_key_bytes)
    return "idempotency_key is longer than " + std::to_string(max_key_bytes) + " bytes";
  if (record.getTimestamp() < 0)
    return "timestamp lies before 1970";
  return std::nullopt;
}

std::string fault_of_time(double seconds) {
  return "completion_time_s is " + std::to_string(seconds) + ", it must be between 0 and 7 days";
}

caf::error take_digests(uint64_t first, std::string_view digests, recent_keys& into, bool is_first_group) {
  if (digests.size() % sizeof(key_digest) != 0)
    return database::damaged(column::tool_stats, keys::task_key_group(first), "it is no list of digests");
  if (is_first_group)
    into.start_at(first);
  for (; !digests.empty(); digests.remove_prefix(sizeof(key_digest))) {
    key_digest digest;
    std::memcpy(&digest, digests.data(), sizeof digest);
    into.insert(digest);
  }
  into.forget_old();
  return caf::none;
}

} // namespace

caf::expected<task_ledger> task_ledger::load(const task_store& store, const ledger_options& options) {
  task_ledger out{options};
  auto newest = store.newest();
  if (!newest)
    return newest.error();
  out.newest_ = *newest;
  if (auto error = store.visit_cells([&](wire::ToolCell::Reader cell) { return restore(cell, out.tally_); }))
    return error;
  auto unlisted = store.unlisted_records();
  if (!unlisted)
    return unlisted.error();
  out.tally_.restore_unlisted(*unlisted);
  bool is_first_group = true;
  if (auto error = store.visit_key_groups([&](uint64_t first, std::string_view digests) {
        return take_digests(first, digests, out.keys_, std::exchange(is_first_group, false));
      }))
    return error;
  out.first_new_digest_ = out.keys_.next();
  if (auto error = store.visit_sources([&](wire::TaskSource::Reader source) -> caf::error {
        out.last_rows_.emplace(as_view(source.getSource()), source.getRow());
        return caf::none;
      }))
    return error;
  return out;
}

admission task_ledger::admit(wire::TaskRecord::Reader record, int64_t now_unix_micros, write_set& writes) {
  if (auto fault = find_fault(record))
    return rejected(std::move(*fault));
  auto key = as_view(record.getIdempotencyKey());
  auto digest = key.empty() ? key_digest{} : key_digest::of(key);
  if (!key.empty() && keys_.contains(digest))
    return {admission::outcome::duplicate};
  auto time_us = analysis::to_micros(record.getCompletionTimeS());
  if (!time_us)
    return rejected(fault_of_time(record.getCompletionTimeS()));
  auto counted = tally_.add({as_view(record.getTaskType()), as_view(record.getToolName()),
                             as_view(record.getModelName()), *time_us, record.getSuccess()});
  if (counted.refused)
    return rejected(std::move(counted.refused->text));
  take_room_made(writes);
  changed_cells_.insert(counted.cell);
  note_change(counted.cell->task_type);
  if (!key.empty()) {
    keys_.insert(digest);
    new_digests_.append(reinterpret_cast<const char*>(&digest), sizeof digest);
  }
  ++newest_.value;
  bool in_future = record.getTimestamp() > now_unix_micros + max_skew_us;
  bool is_dated = record.getTimestamp() != 0 && !in_future;
  task_store::put(writes, record, {newest_, is_dated ? record.getTimestamp() : now_unix_micros, in_future});
  return {};
}

/// Evicted statistics are erased in the same write as the record that caused the eviction.
void task_ledger::take_room_made(write_set& writes) {
  auto made = tally_.take_room_made();
  if (!made)
    return;
  for (const auto& cell : made->removed) {
    changed_cells_.erase(cell.was);
    note_change(cell.task_type);
    task_store::erase_cell(writes, cell.task_type, cell.tool, cell.model);
  }
  changed_cells_.insert(made->changed.begin(), made->changed.end());
  task_store::put_unlisted_records(writes, tally_.unlisted());
}

void task_ledger::note_change(std::string_view task_type) {
  if (!changed_tasks_.contains(task_type))
    changed_tasks_.emplace(task_type);
}

caf::error task_ledger::take_rows(std::string_view source, uint64_t after_row, uint64_t through_row) {
  auto name = std::string{source};
  if (through_row <= after_row)
    return fail(ec::invalid, "source " + name + ": through_row " + std::to_string(through_row) +
                               " must lie behind after_row " + std::to_string(after_row));
  if (auto last = last_row(source); last != after_row)
    return fail(ec::conflict, "source " + name + " has been taken up to row " + std::to_string(last) + ", not " +
                                std::to_string(after_row));
  if (last_rows_.size() >= max_sources_ && !last_rows_.contains(source))
    return fail(ec::too_large, "source " + name + " is new, and " + std::to_string(max_sources_) +
                                 " sources are remembered already: one that is not imported any more must be forgotten "
                                 "first");
  last_rows_[name] = through_row;
  changed_sources_.insert(std::move(name));
  return caf::none;
}

uint64_t task_ledger::last_row(std::string_view source) const {
  auto found = last_rows_.find(source);
  return found == last_rows_.end() ? 0 : found->second;
}

bool task_ledger::forget_source(std::string_view source) {
  auto found = last_rows_.find(source);
  if (found == last_rows_.end())
    return false;
  last_rows_.erase(found);
  changed_sources_.emplace(source);
  return true;
}

void task_ledger::seal(write_set& writes) {
  for (const auto& source : changed_sources_) {
    if (last_rows_.contains(source))
      task_store::put_source(writes, source, last_row(source));
    else
      task_store::erase_source(writes, source);
  }
  changed_sources_.clear();
  for (const auto* cell : changed_cells_)
    task_store::put_cell(writes, to_stored(*cell));
  changed_cells_.clear();
  if (new_digests_.empty())
    return;
  task_store::put_key_group(writes, first_new_digest_, new_digests_);
  new_digests_.clear();
  first_new_digest_ = keys_.next();
  if (keys_.forget_old())
    task_store::erase_key_groups(writes, keys_.first_remembered());
}

} // namespace hive
