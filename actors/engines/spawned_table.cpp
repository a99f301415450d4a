#include "actors/engines/spawned_table.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>

namespace hive {
namespace {

using wire::SpawnedState;

/// As in the schema of a reason; what is longer is cut.
constexpr size_t max_reason_bytes = 8'192;

size_t bytes_of(const spawned_record& record) {
  return (record.measurement ? record.measurement->bytes().size() : 0) +
         (record.report ? record.report->bytes().size() : 0);
}

} // namespace

void spawned_record::describe(wire::Spawned::Builder out) const {
  out.setId(id);
  out.setEngine(engine);
  out.setNode(node.value);
  out.setKind(kind);
  out.setName(name);
  out.setState(state);
  if (!reason.empty())
    out.setReason(reason);
  out.setStay(stay);
  out.setStartedAt(started_at_unix_micros);
}

caf::error spawned_table::check_room() const {
  if (live_ < bounds_.records)
    return caf::none;
  return hive::fail(ec::overloaded, std::to_string(live_) + " things are spawned over the HTTP of this node: end some");
}

void spawned_table::add(spawned_record record, time_point now) {
  if (kept_until_.empty())
    checked_at_ = now;
  if (!record.stay)
    kept_until_[record.id] = now + bounds_.keep_alive;
  ++live_;
  auto id = record.id;
  records_.emplace(std::move(id), std::move(record));
}

const spawned_record* spawned_table::find(const std::string& id) const {
  auto found = records_.find(id);
  return found == records_.end() ? nullptr : &found->second;
}

std::vector<const spawned_record*> spawned_table::list() const {
  std::vector<const spawned_record*> out;
  for (const auto& [id, record] : records_)
    out.push_back(&record);
  std::ranges::stable_sort(out, {}, &spawned_record::started_at_unix_micros);
  return out;
}

bool spawned_table::keep(const std::string& id, time_point now) {
  auto* record = find(id);
  if (!record || record->state == SpawnedState::ENDED)
    return false;
  if (auto due = kept_until_.find(id); due != kept_until_.end())
    due->second = now + bounds_.keep_alive;
  return true;
}

spawned_record* spawned_table::running(const std::string& id) {
  auto found = records_.find(id);
  return found == records_.end() || found->second.state != SpawnedState::RUNNING ? nullptr : &found->second;
}

bool spawned_table::fits(size_t bytes) const {
  return result_bytes_ + bytes <= bounds_.result_bytes;
}

void spawned_table::finish(const std::string& id, const msg<wire::Measurement>& measurement) {
  if (!fits(measurement.bytes().size()))
    return fail(id, "its result has no room beside those that wait to be fetched: end some");
  if (auto* record = running(id)) {
    record->state = SpawnedState::DONE;
    record->measurement = measurement;
    result_bytes_ += bytes_of(*record);
  }
}

void spawned_table::finish(const std::string& id, const msg<wire::ResearchReport>& report) {
  if (!fits(report.bytes().size()))
    return fail(id, "its report has no room beside the results that wait to be fetched: end some");
  if (auto* record = running(id)) {
    record->state = SpawnedState::DONE;
    record->report = report;
    result_bytes_ += bytes_of(*record);
  }
}

void spawned_table::fail(const std::string& id, const std::string& reason) {
  if (auto* record = running(id)) {
    record->state = SpawnedState::FAILED;
    record->reason = cut_text(reason, max_reason_bytes);
  }
}

void spawned_table::end(const std::string& id, const std::string& reason) {
  auto found = records_.find(id);
  if (found == records_.end() || found->second.state == SpawnedState::ENDED)
    return;
  auto& record = found->second;
  drop_result(record);
  record.state = SpawnedState::ENDED;
  record.reason = cut_text(reason, max_reason_bytes);
  kept_until_.erase(id);
  --live_;
  ended_.push_back(id);
  forget_oldest_ended();
}

void spawned_table::drop_result(spawned_record& record) {
  result_bytes_ -= bytes_of(record);
  record.measurement.reset();
  record.report.reset();
}

void spawned_table::forget_oldest_ended() {
  while (ended_.size() > bounds_.remembered) {
    records_.erase(ended_.front());
    ended_.pop_front();
  }
}

void spawned_table::remove(const std::string& id) {
  end(id, "it was removed");
  records_.erase(id);
}

std::vector<std::string> spawned_table::overdue(time_point now) {
  if (auto since = now - checked_at_; since > bounds_.keep_alive / 2)
    for (auto& [id, until] : kept_until_)
      until += since;
  checked_at_ = now;
  std::vector<std::string> out;
  for (const auto& [id, until] : kept_until_)
    if (until <= now)
      out.push_back(id);
  return out;
}

} // namespace hive
