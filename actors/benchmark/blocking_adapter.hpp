#pragma once

#include "actors/remote/api.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "platform/work_limit.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <map>
#include <string>

namespace hive {

/// A measurement that blocks its thread. It must check `limit` between its steps, and may throw.
using blocking_measurement = std::function<caf::expected<msg<wire::Measurement>>(
  const msg<wire::MeasureRequest>& request, const work_limit& limit)>;

/// An adapter whose measurements block (on files or other servers). Each request runs on its own thread, so that
/// requests do not delay each other or CAF's scheduler. The thread is told to stop when its requester ends, when the
/// adapter ends, and after `timeout`.
class blocking_adapter_state {
public:
  using pointer = adapter_actor::stateful_pointer<blocking_adapter_state>;

  blocking_adapter_state() = default;
  blocking_adapter_state(const blocking_adapter_state&) = delete;
  blocking_adapter_state& operator=(const blocking_adapter_state&) = delete;
  ~blocking_adapter_state();

  void init(pointer self, std::string name, std::chrono::milliseconds timeout, blocking_measurement measure);

  /// Passes the request to a new worker, which answers it. ec::overloaded above defaults::max_blocking_measurements.
  caf::result<msg<wire::Measurement>> start(const msg<wire::MeasureRequest>& request);

private:
  struct job {
    caf::actor_addr requester;
    std::stop_source stop;
  };

  /// Handles the end of a worker or a requester.
  void handle_down(const caf::actor_addr& who);
  bool waits(const caf::actor_addr& requester) const;

  pointer self_ = nullptr;
  std::string name_;
  std::chrono::milliseconds timeout_{0};
  blocking_measurement measure_;
  std::map<caf::actor_addr, job> jobs_; ///< by worker
};

/// The behavior of such an adapter, for the spawn functions of concrete adapters. `name` is used in errors.
adapter_actor::behavior_type blocking_adapter(blocking_adapter_state::pointer self, std::string name,
                                              std::chrono::milliseconds timeout, blocking_measurement measure);

} // namespace hive
