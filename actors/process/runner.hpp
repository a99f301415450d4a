#pragma once

#include "actors/process/api.hpp"
#include "actors/process/child_process.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"

#include <caf/actor_addr.hpp>
#include <caf/response_promise.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <optional>

namespace hive {

/// Number of processes and their limits.
struct runner_options {
  size_t max_processes = defaults::max_processes; ///< concurrent processes; at least 1
  /// requests waiting for a process slot; above it ec::overloaded
  size_t max_waiting = defaults::max_waiting_processes;
  std::chrono::milliseconds kill_grace{defaults::process_kill_grace}; ///< between SIGTERM and SIGKILL
  std::vector<resource_limit> limits = default_limits;                ///< limits of every process

  /// ec::invalid, naming the offending option.
  caf::error validate() const;
};

/// One request from arrival to answer.
struct process_run {
  msg<wire::RunCommand> command;
  caf::typed_response_promise<msg<wire::RunResult>> promise;
  caf::actor_addr requester;
  std::chrono::steady_clock::time_point deadline;
  std::optional<cancellation> cancel; ///< set while it runs
};

class runner_state {
public:
  static inline const char* name = "runner";

  explicit runner_state(runner_actor::pointer self);
  /// Fails waiting requests and ends running processes, however the actor ends.
  ~runner_state();
  runner_state(const runner_state&) = delete;
  runner_state& operator=(const runner_state&) = delete;

  void configure(runner_options options);
  caf::result<msg<wire::RunResult>> submit(const msg<wire::RunCommand>& command);
  void drop_requester(const caf::actor_addr& requester);
  void stop(const caf::error& reason);

private:
  void start_waiting();
  void start(process_run run);
  void finish(uint64_t run, caf::expected<msg<wire::RunResult>> outcome);
  void watch_requester(const caf::actor_addr& requester);
  void unwatch_requester(const caf::actor_addr& requester);
  void fail_waiting(const std::string& why);
  void quit_when_idle();

  runner_actor::pointer self_;
  runner_options options_;
  std::map<uint64_t, process_run> running_;
  std::deque<process_run> waiting_;
  std::map<caf::actor_addr, size_t> requesters_; ///< with the number of their open requests
  uint64_t last_run_ = 0;
  std::optional<caf::error> stopping_;
};

/// A node's runner. Requests beyond `max_processes` wait in order of arrival. A command's time limit starts at its
/// arrival, so that requesters know when to expect the answer.
///
/// When a requester ends, its processes are ended too. When the runner is told to end, it refuses new requests, fails
/// the waiting ones (ec::unavailable), ends the running ones, and quits after the last process is gone.
runner_actor::behavior_type runner(runner_actor::stateful_pointer<runner_state> self, runner_options options);

} // namespace hive
