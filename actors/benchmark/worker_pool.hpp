#pragma once

#include "actors/benchmark/adapter_definition.hpp"
#include "actors/benchmark/api.hpp"
#include "actors/benchmark/work_ledger.hpp"
#include "actors/benchmark/worker_presence.hpp"
#include "messages/benchmark.capnp.h"

#include <caf/fwd.hpp>
#include <memory>

namespace hive {

struct worker_pool_options {
  work_ledger::options ledger = {};
  /// Told which adapters have a worker, after every change. Required.
  std::shared_ptr<worker_presence> presence;
};

/// Spawns the actor that gives measurements to workers and takes their results. When it ends, everything that waits
/// for it gets ec::unavailable.
worker_pool_actor spawn_worker_pool(caf::actor_system& system, worker_pool_options options);

/// The definition of an adapter that workers run. It is listed as unavailable, and skipped, while none is live.
adapter_definition worker_adapter_definition(caf::actor_system& system, const worker_pool_actor& pool,
                                             std::shared_ptr<const worker_presence> presence,
                                             const msg<wire::WorkerAdapter>& spec);

} // namespace hive
