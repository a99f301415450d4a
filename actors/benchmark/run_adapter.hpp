#pragma once

#include "actors/defaults.hpp"
#include "actors/process/api.hpp"
#include "actors/remote/api.hpp"
#include "messages/benchmark.capnp.h"

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// What a command-running adapter runs, and how it reads the results.
struct run_plan {
  std::string name; ///< the adapter's name
  std::vector<std::string> command;
  std::string workdir;
  std::vector<std::pair<std::string, std::string>> environment; ///< added to a minimal environment
  std::chrono::milliseconds timeout{defaults::adapter_timeout}; ///< for a measurement with all its repeats
  uint32_t output_cap = 1 << 20;                                ///< bytes kept of each output stream
  std::function<caf::error()> prepare;                          ///< called before each run
  /// Converts one run to a measurement. Errors are for people and say how the command ended.
  std::function<caf::expected<msg<wire::Measurement>>(wire::RunResult::Reader)> read;
};

class run_adapter_state {
public:
  static inline const char* name = "run_adapter";

  explicit run_adapter_state(adapter_actor::pointer self);
  /// Fails all unanswered requests, however the actor ends. Its process ends with it, see runner.
  ~run_adapter_state();
  run_adapter_state(const run_adapter_state&) = delete;
  run_adapter_state& operator=(const run_adapter_state&) = delete;

  void configure(runner_actor runner, run_plan plan);
  caf::result<msg<wire::Measurement>> measure(const msg<wire::MeasureRequest>& request);

private:
  /// One request from arrival to answer.
  struct measurement {
    size_t repeats;
    caf::typed_response_promise<msg<wire::Measurement>> promise;
    std::chrono::steady_clock::time_point deadline;
    std::vector<msg<wire::Measurement>> taken;
  };

  void run_once();
  void add(const msg<wire::RunResult>& result);
  void fail_current(const caf::error& why);
  void answer_current(caf::expected<msg<wire::Measurement>> answer);
  msg<wire::RunCommand> command_within(std::chrono::milliseconds limit) const;

  adapter_actor::pointer self_;
  runner_actor runner_;
  run_plan plan_;
  std::deque<measurement> queue_; ///< the first one is being measured
};

/// An adapter that runs a command once per repeat, sequentially, and merges the repeats (see merge_repeats). Concurrent
/// measurements would disturb each other, so requests queue in order of arrival; ec::busy beyond
/// defaults::max_concurrent_captures. A measurement's time limit starts at its arrival.
adapter_actor::behavior_type run_adapter(adapter_actor::stateful_pointer<run_adapter_state> self, runner_actor runner,
                                         run_plan plan);

} // namespace hive
