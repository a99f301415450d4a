#pragma once

#include "actors/benchmark/model_probe.hpp"
#include "actors/remote/api.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <filesystem>
#include <memory>
#include <vector>

namespace hive {

/// Sources of model figures, in addition to the observations that engines send.
struct model_registry_options {
  /// JSON `{"models": {id: {"latency_ms": …, "accuracy": …}}}`, read at each measurement; either figure may be absent.
  std::filesystem::path file;
  /// The same document over HTTP.
  std::string url;
  /// Endpoints to probe at each measurement, sequentially, so that probes do not slow each other down.
  std::vector<probe_options> probes;
  /// Time limit of a measurement; exceeding it is an error.
  std::chrono::milliseconds timeout = defaults::adapter_timeout;

  /// Why there is nothing to measure; empty when there is something. `db` holds what engines sent.
  std::string unavailable_reason(const database& db) const;

  /// ec::invalid, naming the offending option.
  caf::error validate() const;
};

/// Services the adapter depends on.
struct model_registry_services {
  std::shared_ptr<const database> db; ///< with the observations that engines send
};

/// Spawns adapter `model_registry`: `{model}_latency_ms` (ms, lower) and `{model}_accuracy` (score, higher) of every
/// model known to a source. When several sources have a figure, the most direct one wins: a probe, then stored
/// observations (all of them, as samples), then the file, then the URL. Only probes are repeated; reading the other
/// sources again would give the same figures. If a source fails, the measurement fails and names it.
adapter_actor spawn_model_registry_adapter(caf::actor_system& system, model_registry_services services,
                                           model_registry_options options);

} // namespace hive
