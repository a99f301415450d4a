#pragma once

#include "messages/benchmark.capnp.h"
#include "storage/input_store.hpp"

#include <optional>
#include <string>

namespace hive {

/// State of the inputs actor. Pure: each input changes the state or is refused.
class input_ledger {
public:
  input_ledger() = default;
  input_ledger(input_store::model_map models, std::optional<msg<wire::WorldModelInput>> world_model)
      : models_{std::move(models)}, world_model_{std::move(world_model)} {
  }

  /// Appends observations and keeps the newest defaults::max_observations of each model. Above defaults::max_models, a
  /// new model evicts the least recently observed one, whose id is returned. ec::invalid, without any change, for an
  /// observation without a value.
  caf::expected<std::optional<std::string>> observe(const msg<wire::ObserveModel>& observed,
                                                    int64_t received_at_unix_micros);

  /// Replaces the counters. Counts a restart when the process's name changed or, without a name, when a counter shrank.
  void update(const msg<wire::WorldModelStats>& stats, int64_t received_at_unix_micros);

  /// Counts since `begin_totals`.
  msg<wire::InputTotals> totals() const;

  /// Begins to count anew.
  void begin_totals(int64_t now_unix_micros);

  const input_store::model_map& models() const {
    return models_;
  }

  const std::optional<msg<wire::WorldModelInput>>& world_model() const {
    return world_model_;
  }

private:
  std::string drop_stalest_model();
  void count(wire::ObserveModel::Reader observed);
  void count(wire::WorldModelStats::Reader before, wire::WorldModelStats::Reader now);

  input_store::model_map models_;
  std::optional<msg<wire::WorldModelInput>> world_model_;
  uint64_t run_ = 0; ///< number of the counts below
  uint64_t requests_ = 0;
  uint64_t failed_requests_ = 0;
  uint64_t checks_ = 0;
  uint64_t failed_checks_ = 0;
};

} // namespace hive
