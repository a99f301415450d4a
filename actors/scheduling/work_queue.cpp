#include "actors/scheduling/work_queue.hpp"

#include <algorithm>
#include <utility>

namespace hive {

work_queue::worker work_queue::add_worker() {
  workers_.emplace_back();
  ++working_;
  return workers_.size() - 1;
}

std::optional<work_queue::worker> work_queue::remove_worker(worker who, time_point now) {
  workers_[who].now = state::gone;
  --working_;
  return jobs_.empty() ? std::nullopt : find_help(now);
}

std::optional<work_queue::worker> work_queue::add(caf::resumable* job, time_point now) {
  jobs_.push_back(job);
  ++added_;
  return find_help(now);
}

work_queue::taken work_queue::take(worker who, time_point now) {
  if (jobs_.empty()) {
    workers_[who].now = state::asleep;
    asleep_.push_back(who);
    --working_;
    return {};
  }
  workers_[who].began = now;
  auto* job = remove();
  if (jobs_.empty())
    return {job};
  bool is_late = removed_ < late_before_;
  return {job, is_late && !asleep_.empty() ? begin_work(asleep_.back(), now) : appoint_watcher()};
}

void work_queue::look(worker who, time_point now) {
  if (watcher_ != who)
    return;
  if (removed_ < added_at_look_) { // the first job has been there since the last look
    late_before_ = added_at_look_;
    begin_work(who, now);
  } else if (working_ == 0) {
    watcher_.reset();
    workers_[who].now = state::asleep;
    asleep_.push_back(who);
  } else {
    added_at_look_ = added_;
  }
}

caf::resumable* work_queue::remove() {
  if (jobs_.empty())
    return nullptr;
  ++removed_;
  auto* out = jobs_.front();
  jobs_.pop_front();
  return out;
}

std::optional<work_queue::worker> work_queue::find_help(time_point now) {
  if (is_someone_free_soon(now))
    return appoint_watcher();
  if (watcher_)
    return begin_work(*watcher_, now);
  if (asleep_.empty())
    return std::nullopt;
  return begin_work(asleep_.back(), now);
}

bool work_queue::is_someone_free_soon(time_point now) const {
  return std::ranges::any_of(
    workers_, [&](const status& each) { return each.now == state::working && now - each.began <= patience_; });
}

work_queue::worker work_queue::begin_work(worker who, time_point now) {
  if (watcher_ == who)
    watcher_.reset();
  else
    std::erase(asleep_, who);
  workers_[who] = {state::working, now};
  ++working_;
  return who;
}

std::optional<work_queue::worker> work_queue::appoint_watcher() {
  if (watcher_ || asleep_.empty())
    return std::nullopt;
  watcher_ = asleep_.back();
  asleep_.pop_back();
  workers_[*watcher_].now = state::watching;
  added_at_look_ = added_;
  return watcher_;
}

} // namespace hive
