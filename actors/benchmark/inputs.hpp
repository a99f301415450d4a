#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/store/api.hpp"
#include "actors/store/durable_batch.hpp"
#include "messages/benchmark.capnp.h"
#include "storage/input_store.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace hive {

/// State of the inputs actor, without the actor: maps input to a new state or an error.
class input_ledger {
public:
  input_ledger() = default;
  input_ledger(input_store::model_map models, std::optional<msg<wire::WorldModelInput>> world_model)
      : models_{std::move(models)}, world_model_{std::move(world_model)} {
  }

  /// Appends observations and keeps the newest defaults::max_observations. Above defaults::max_models, a new model
  /// evicts the one observed longest ago, whose id is returned. ec::invalid, without any change, for an observation
  /// without a value.
  caf::expected<std::optional<std::string>> observe(const msg<wire::ObserveModel>& observed,
                                                    int64_t received_at_unix_micros);

  /// Replaces the counters. Counts a restart when the process's name changed or, without a name, when a counter shrank.
  void update(const msg<wire::WorldModelStats>& stats, int64_t received_at_unix_micros);

  const input_store::model_map& models() const {
    return models_;
  }

  const std::optional<msg<wire::WorldModelInput>>& world_model() const {
    return world_model_;
  }

private:
  std::string drop_stalest_model();

  input_store::model_map models_;
  std::optional<msg<wire::WorldModelInput>> world_model_;
};

/// Stores what engines send. Requests that arrive during a write are gathered and written together. Each is answered
/// once durable; failed ones leave no trace in the state.
class inputs_state {
public:
  using pointer = inputs_actor::stateful_pointer<inputs_state>;
  static inline const char* name = "inputs";

  /// Reads the stored inputs. An error ends the actor.
  caf::error init(pointer self, std::shared_ptr<const database> db, committer_actor committer);

  caf::result<msg<wire::Recorded>> add(const msg<wire::ObserveModel>& observed);
  caf::result<msg<wire::Recorded>> add(const msg<wire::WorldModelStats>& stats);

private:
  caf::result<msg<wire::Recorded>> answer_when_durable(uint32_t entries);
  /// Adds the inputs changed since the last group.
  void seal(write_set& writes);
  caf::error reload();

  std::shared_ptr<const database> db_;
  std::optional<input_store> store_; ///< reads from `db_`
  input_ledger ledger_;
  std::set<std::string, std::less<>> changed_models_; ///< includes evicted ones
  bool world_model_changed_ = false;
  durable_batch batch_; ///< last member: its destructor answers waiting requests
};

/// Spawn with `sys.spawn(inputs, db, committer)`. Ends with ec::corrupt when the stored inputs cannot be read, and with
/// the committer.
inputs_actor::behavior_type inputs(inputs_state::pointer self, std::shared_ptr<const database> db,
                                   committer_actor committer);

} // namespace hive
