#pragma once

#include "actors/defaults.hpp"
#include "messages/ec.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hive {

/// What the node wants measured by workers, and who measures it: workers, their open polls, jobs and leases. Pure: time
/// is passed in, ids come from a function, and what is to be done is returned.
///
/// A job has one or more runs, one after the other. Each run is leased to one worker that asks for work and has named
/// the job's adapter. A lease that is neither answered nor renewed expires; its run is then leased again, at most
/// `max_leases` times. A job fails at its deadline. It is unserved when no worker for its adapter is live.
///
/// A worker is live while it polls, holds a lease, or did so less than `grace` ago.
class work_ledger {
public:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;
  using poll_id = uint64_t;
  using job_id = uint64_t;

  struct options {
    clock::duration lease = defaults::work_lease;
    clock::duration grace = defaults::worker_grace;
    clock::duration memory = defaults::worker_memory; ///< how long a worker that is not live is remembered
    size_t max_workers = defaults::max_workers;
    size_t max_polls = defaults::max_worker_polls;
    size_t max_jobs = defaults::max_worker_jobs;
    uint32_t max_leases = defaults::max_work_leases;
  };

  /// A job as its owner sees it.
  struct job {
    std::string adapter;
    uint32_t runs = 1;
    time_point deadline;
  };

  /// An answer to a poll: the run that its worker has leased, or none at the end of its wait.
  struct poll_answer {
    poll_id poll = 0;
    job_id job = 0;         ///< 0: no work
    std::string lease = {}; ///< the id of the work
    uint32_t run = 0;       ///< from 1
  };

  /// A job that ended without its results: `reason` has code ec::no_data when it was unserved.
  struct failed_job {
    job_id job = 0;
    caf::error reason;
  };

  /// What its owner must do after a call.
  struct effects {
    std::vector<poll_answer> polls;
    std::vector<failed_job> failed;
  };

  work_ledger(options how, std::function<std::string()> new_id) : options_{how}, new_id_{std::move(new_id)} {
  }

  // -- workers --------------------------------------------------------------------

  /// A new worker for these adapters; its id. ec::overloaded when there are as many workers as are allowed.
  caf::expected<std::string> add_worker(std::set<std::string> adapters, time_point now);

  /// Forgets a worker: its polls end without work and its leases expire at once. ec::not_found.
  caf::error remove_worker(const std::string& worker, time_point now, effects& out);

  /// A worker asks for work until `until`. Answered through `effects`, perhaps at once. ec::not_found for an unknown
  /// worker, ec::overloaded when as many polls are open as are allowed.
  caf::expected<poll_id> poll(const std::string& worker, time_point until, time_point now, effects& out);

  // -- jobs -------------------------------------------------------------------------

  /// Adds a job. ec::no_data when no worker for its adapter is live, ec::overloaded when there are as many jobs as are
  /// allowed.
  caf::expected<job_id> offer(job added, time_point now, effects& out);

  /// A run's result arrives: ends its lease. The job, whose next run then waits for a worker, unless this was the last.
  /// ec::not_found when the lease has expired or was answered.
  struct answered {
    job_id job = 0;
    bool was_last = false;
  };
  caf::expected<answered> answer(const std::string& lease, time_point now, effects& out);

  /// Ends a job early, for example because a run failed; does nothing when it has ended.
  void cancel(job_id job, time_point now);

  /// Extends a lease from now on, up to its job's deadline: how long it lasts. ec::not_found as for `answer`.
  caf::expected<clock::duration> renew(const std::string& lease, time_point now);

  // -- time -------------------------------------------------------------------------

  /// Does what is due.
  void expire(time_point now, effects& out);

  /// When something is due next; none when nothing is.
  std::optional<time_point> next_due() const;

  /// Until when each adapter has a live worker, as known now.
  std::map<std::string, time_point> served_until() const;

  size_t workers() const {
    return workers_.size();
  }

private:
  struct worker {
    std::set<std::string> adapters;
    time_point seen_at; ///< when it last asked, answered or renewed, or a poll or lease of its own ended
  };

  struct open_poll {
    std::string worker;
    time_point until;
  };

  struct open_job {
    job what;
    uint32_t run = 1;       ///< the current one
    uint32_t leases = 0;    ///< that were given for the current run
    std::string lease = {}; ///< empty: waits for a worker
    std::string leased_to = {};
    time_point leased_until = {};
  };

  std::map<std::string, time_point> live_until() const;
  caf::error why_failed(const open_job& open, time_point now) const;
  bool is_served(const std::string& adapter, time_point now) const;
  void see(const std::string& worker, time_point now);
  void end_polls(const std::function<bool(const open_poll&)>& which, time_point now, effects& out);
  void match(time_point now, effects& out);
  void lease(poll_id poll, job_id id, open_job& to, time_point now, effects& out);
  void end_lease(open_job& of, time_point now);

  options options_;
  std::function<std::string()> new_id_;
  std::map<std::string, worker> workers_;
  std::map<poll_id, open_poll> polls_; ///< in the order of their arrival
  std::map<job_id, open_job> jobs_;    ///< in the order of their arrival
  std::map<std::string, job_id> leases_;
  poll_id last_poll_ = 0;
  job_id last_job_ = 0;
};

} // namespace hive
