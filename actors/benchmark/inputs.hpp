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

/// What the inputs actor keeps, without the actor: input → new state, or why not.
class input_ledger {
public:
  input_ledger() = default;
  input_ledger(input_store::model_map models, std::optional<msg<wire::WorldModelInput>> world_model)
      : models_{std::move(models)}, world_model_{std::move(world_model)} {
  }

  /// Appends observations and keeps the newest defaults::max_observations. A new model above defaults::max_models takes
  /// the place of the one that was observed longest ago; returns the id of that one, or nothing. ec::invalid for an
  /// observation without any value; then nothing changes.
  caf::expected<std::optional<std::string>> observe(const msg<wire::ObserveModel>& observed,
                                                    int64_t received_at_unix_micros);

  /// Replaces the counters. They count as begun anew when the name of their process changed or when, without a name,
  /// one of them shrank.
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

/// Keeps what engines push. Pushes that arrive while the disk is busy are gathered and written together; each is
/// answered when it is durable, and none that failed leaves a trace in what later ones build on.
class inputs_state {
public:
  using pointer = inputs_actor::stateful_pointer<inputs_state>;
  static inline const char* name = "inputs";

  /// Reads what is stored. An error ends the actor.
  caf::error init(pointer self, std::shared_ptr<const database> db, committer_actor committer);

  caf::result<msg<wire::Recorded>> add(const msg<wire::ObserveModel>& observed);
  caf::result<msg<wire::Recorded>> add(const msg<wire::WorldModelStats>& stats);

private:
  caf::result<msg<wire::Recorded>> answer_when_durable(uint32_t entries);
  /// Adds the inputs that changed since the last group.
  void seal(write_set& writes);
  caf::error reload();

  std::shared_ptr<const database> db_;
  std::optional<input_store> store_; ///< over `db_`
  input_ledger ledger_;
  std::set<std::string, std::less<>> changed_models_; ///< also those that gave way
  bool world_model_changed_ = false;
  durable_batch batch_; ///< its end answers those who wait
};

/// Spawn with `sys.spawn(inputs, db, committer)`. Ends with ec::corrupt when what is stored cannot be read, and with
/// the committer.
inputs_actor::behavior_type inputs(inputs_state::pointer self, std::shared_ptr<const database> db,
                                   committer_actor committer);

} // namespace hive
