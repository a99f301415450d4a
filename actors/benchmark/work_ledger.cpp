#include "actors/benchmark/work_ledger.hpp"

#include <algorithm>

namespace hive {
namespace {

caf::error unserved(const std::string& adapter) {
  return fail(ec::no_data, "no worker for " + adapter);
}

caf::error unknown_worker(const std::string& worker) {
  return fail(ec::not_found, "no worker " + worker + " is registered; it must register again");
}

caf::error unknown_lease(const std::string& lease) {
  return fail(ec::not_found, "no work " + lease + " is leased: its time ran out, or it was answered already");
}

} // namespace

// -- workers ----------------------------------------------------------------------

caf::expected<std::string> work_ledger::add_worker(std::set<std::string> adapters, time_point now) {
  if (workers_.size() >= options_.max_workers)
    return fail(ec::overloaded, "this node has " + std::to_string(workers_.size()) + " workers already");
  auto id = new_id_();
  workers_.emplace(id, worker{std::move(adapters), now});
  return id;
}

caf::error work_ledger::remove_worker(const std::string& id, time_point now, effects& out) {
  if (workers_.erase(id) == 0)
    return unknown_worker(id);
  end_polls([&](const open_poll& open) { return open.worker == id; }, now, out);
  for (auto& [_, open] : jobs_)
    if (open.leased_to == id)
      end_lease(open, now);
  expire(now, out);
  return caf::none;
}

caf::expected<work_ledger::poll_id> work_ledger::poll(const std::string& id, time_point until, time_point now,
                                                      effects& out) {
  if (!workers_.contains(id))
    return unknown_worker(id);
  if (polls_.size() >= options_.max_polls)
    return fail(ec::overloaded, std::to_string(polls_.size()) + " workers wait for work already");
  see(id, now);
  polls_.emplace(++last_poll_, open_poll{id, until});
  match(now, out);
  return last_poll_;
}

void work_ledger::see(const std::string& id, time_point now) {
  if (auto found = workers_.find(id); found != workers_.end())
    found->second.seen_at = std::max(found->second.seen_at, now);
}

void work_ledger::end_polls(const std::function<bool(const open_poll&)>& which, time_point now, effects& out) {
  std::erase_if(polls_, [&](const auto& open) {
    if (!which(open.second))
      return false;
    see(open.second.worker, std::min(now, open.second.until));
    out.polls.push_back({.poll = open.first});
    return true;
  });
}

// -- jobs ---------------------------------------------------------------------------

caf::expected<work_ledger::job_id> work_ledger::offer(job added, time_point now, effects& out) {
  if (!is_served(added.adapter, now))
    return unserved(added.adapter);
  if (jobs_.size() >= options_.max_jobs)
    return fail(ec::overloaded, std::to_string(jobs_.size()) + " measurements wait for workers already");
  jobs_.emplace(++last_job_, open_job{std::move(added)});
  match(now, out);
  return last_job_;
}

caf::expected<work_ledger::answered> work_ledger::answer(const std::string& lease, time_point now, effects& out) {
  auto found = leases_.find(lease);
  if (found == leases_.end())
    return unknown_lease(lease);
  auto id = found->second;
  auto& open = jobs_.at(id);
  see(open.leased_to, now);
  end_lease(open, now);
  if (open.run == open.what.runs) {
    jobs_.erase(id);
    return answered{id, true};
  }
  ++open.run;
  open.leases = 0;
  match(now, out);
  return answered{id, false};
}

void work_ledger::cancel(job_id id, time_point now) {
  auto found = jobs_.find(id);
  if (found == jobs_.end())
    return;
  end_lease(found->second, now);
  jobs_.erase(found);
}

caf::expected<work_ledger::clock::duration> work_ledger::renew(const std::string& lease, time_point now) {
  auto found = leases_.find(lease);
  if (found == leases_.end())
    return unknown_lease(lease);
  auto& open = jobs_.at(found->second);
  open.leased_until = std::min(now + options_.lease, open.what.deadline);
  see(open.leased_to, now);
  return open.leased_until - now;
}

/// Leases what waits to the polls that wait, both in the order of their arrival.
void work_ledger::match(time_point now, effects& out) {
  for (auto& [id, open] : jobs_) {
    if (!open.lease.empty())
      continue;
    auto fits = [&](const auto& poll) { return workers_.at(poll.second.worker).adapters.contains(open.what.adapter); };
    if (auto found = std::ranges::find_if(polls_, fits); found != polls_.end())
      lease(found->first, id, open, now, out);
  }
}

void work_ledger::lease(poll_id poll, job_id id, open_job& to, time_point now, effects& out) {
  auto found = polls_.find(poll);
  to.lease = new_id_();
  to.leased_to = found->second.worker;
  to.leased_until = std::min(now + options_.lease, to.what.deadline);
  ++to.leases;
  leases_.emplace(to.lease, id);
  out.polls.push_back({poll, id, to.lease, to.run});
  polls_.erase(found);
}

void work_ledger::end_lease(open_job& of, time_point now) {
  if (of.lease.empty())
    return;
  see(of.leased_to, std::min(now, of.leased_until));
  leases_.erase(of.lease);
  of.lease.clear();
  of.leased_to.clear();
}

// -- time -----------------------------------------------------------------------------

void work_ledger::expire(time_point now, effects& out) {
  end_polls([&](const open_poll& open) { return open.until <= now; }, now, out);
  for (auto& [_, open] : jobs_)
    if (!open.lease.empty() && open.leased_until <= now)
      end_lease(open, now);
  std::vector<failed_job> failed;
  for (auto& [id, open] : jobs_)
    if (auto why = why_failed(open, now))
      failed.push_back({id, std::move(why)});
  for (auto& each : failed) {
    cancel(each.job, now);
    out.failed.push_back(std::move(each));
  }
  auto live = live_until();
  std::erase_if(workers_, [&](const auto& known) { return live.at(known.first) + options_.memory <= now; });
  match(now, out);
}

caf::error work_ledger::why_failed(const open_job& open, time_point now) const {
  const auto& adapter = open.what.adapter;
  if (open.what.deadline <= now)
    return fail(ec::timed_out, "no worker measured " + adapter + " within its time limit");
  if (!open.lease.empty())
    return caf::none;
  if (open.leases >= options_.max_leases)
    return fail(ec::timed_out, std::to_string(open.leases) + " times a worker took " + adapter +
                                 " and neither answered nor renewed it in time");
  return is_served(adapter, now) ? caf::none : unserved(adapter);
}

std::optional<work_ledger::time_point> work_ledger::next_due() const {
  std::optional<time_point> out;
  auto consider = [&](time_point when) { out = out ? std::min(*out, when) : when; };
  for (const auto& [_, open] : polls_)
    consider(open.until);
  auto served = served_until();
  for (const auto& [_, open] : jobs_) {
    consider(open.what.deadline);
    if (!open.lease.empty())
      consider(open.leased_until);
    else if (auto found = served.find(open.what.adapter); found != served.end())
      consider(found->second);
  }
  for (const auto& [_, until] : live_until())
    consider(until + options_.memory);
  return out;
}

/// Until when each worker is live, as known now.
std::map<std::string, work_ledger::time_point> work_ledger::live_until() const {
  std::map<std::string, time_point> out;
  for (const auto& [id, known] : workers_)
    out.emplace(id, known.seen_at + options_.grace);
  auto extend = [&](const std::string& worker, time_point until) {
    if (auto found = out.find(worker); found != out.end())
      found->second = std::max(found->second, until + options_.grace);
  };
  for (const auto& [_, open] : polls_)
    extend(open.worker, open.until);
  for (const auto& [_, open] : jobs_)
    if (!open.lease.empty())
      extend(open.leased_to, open.leased_until);
  return out;
}

std::map<std::string, work_ledger::time_point> work_ledger::served_until() const {
  std::map<std::string, time_point> out;
  for (const auto& [worker, live] : live_until())
    for (const auto& adapter : workers_.at(worker).adapters) {
      auto& until = out.emplace(adapter, live).first->second;
      until = std::max(until, live);
    }
  return out;
}

bool work_ledger::is_served(const std::string& adapter, time_point now) const {
  auto served = served_until();
  auto found = served.find(adapter);
  return found != served.end() && found->second > now;
}

} // namespace hive
