#pragma once

#include "actors/remote/api.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "platform/work_limit.hpp"

#include <caf/expected.hpp>
#include <caf/fwd.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace hive {

/// A measurement that blocks its thread. It must check `limit` between its steps, and may throw.
using blocking_measurement = std::function<caf::expected<msg<wire::Measurement>>(
  const msg<wire::MeasureRequest>& request, const work_limit& limit)>;

struct blocking_adapter_options {
  std::string name; ///< used in errors
  std::chrono::milliseconds timeout{0};
  blocking_measurement measure;
};

/// Spawns an adapter whose measurements block (on files or other servers). Each request runs on its own thread, so that
/// requests do not delay each other or CAF's scheduler; ec::overloaded above defaults::max_blocking_measurements. The
/// thread is told to stop when its requester ends, when the adapter ends, and after `timeout`.
adapter_actor spawn_blocking_adapter(caf::actor_system& system, blocking_adapter_options options);

} // namespace hive
