#pragma once

#include "actors/benchmark/blocking_adapter.hpp"
#include "actors/benchmark/model_probe.hpp"
#include "actors/remote/api.hpp"
#include "storage/database.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace hive {

/// Where figures of models come from, besides the observations that engines push.
struct model_registry_options {
  /// JSON `{"models": {id: {"latency_ms": …, "accuracy": …}}}`, read at each measurement; either figure may be absent.
  std::filesystem::path file;
  /// The same document over HTTP.
  std::string url;
  /// Endpoints that are asked at each measurement, one after the other so that none slows down the next.
  std::vector<probe_options> probes;
  /// A measurement that takes longer is cut and reported as an error.
  std::chrono::milliseconds timeout = defaults::adapter_timeout;

  /// Why there is nothing to measure; empty when there is. `db` holds what engines pushed.
  std::string why_idle(const database& db) const;

  /// ec::invalid with the offending option.
  caf::error validate() const;
};

/// Adapter `model_registry`: `{model}_latency_ms` (ms, lower) and `{model}_accuracy` (score, higher) of every model
/// that a source knows. When sources share a figure, the one nearest to the measuring holds: a probe, then pushed
/// observations (all that are kept, as samples), then the file, then the URL. Only probes are repeated, the others are
/// figures that reading again would not change. A source that fails fails the measurement, and is named.
adapter_actor::behavior_type model_registry_adapter(blocking_adapter_state::pointer self,
                                                    std::shared_ptr<const database> db, model_registry_options options);

} // namespace hive
