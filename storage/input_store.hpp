#pragma once

#include "messages/benchmark.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <map>
#include <string>

namespace hive {

/// Data that engines send for the fast adapters: observations of models and counters of the world model.
class input_store {
public:
  using model_map = std::map<std::string, msg<wire::ModelInput>, std::less<>>;

  explicit input_store(const database& db) : db_{db} {
  }

  /// The stored input of one model; nothing when it was never observed. Fails with ec::corrupt.
  caf::expected<std::optional<msg<wire::ModelInput>>> model(std::string_view id) const;

  /// The stored inputs of all models, by id. Fails with ec::corrupt.
  caf::expected<model_map> models() const;

  /// Whether any model has stored input. Fails with ec::corrupt.
  caf::expected<bool> has_models() const;

  /// The counters as last received; nothing when never received. Fails with ec::corrupt.
  caf::expected<std::optional<msg<wire::WorldModelInput>>> world_model() const;

  /// Adds the write that replaces the stored value to `writes`.
  static void put_model(write_set& writes, std::string_view id, const msg<wire::ModelInput>& input);
  static void drop_model(write_set& writes, std::string_view id);
  static void put_world_model(write_set& writes, const msg<wire::WorldModelInput>& input);

private:
  const database& db_;
};

} // namespace hive
