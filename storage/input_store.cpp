#include "storage/input_store.hpp"

namespace hive {

caf::expected<std::optional<msg<wire::ModelInput>>> input_store::model(std::string_view id) const {
  return db_.get_msg<wire::ModelInput>(column::inputs, keys::model(id));
}

caf::expected<input_store::model_map> input_store::models() const {
  model_map out;
  caf::error damage;
  auto prefix = keys::models();
  auto failure = db_.visit(column::inputs, prefix, prefix, [&](auto key, auto value) {
    auto input = database::load_stored<wire::ModelInput>(column::inputs, key, value);
    if (!input) {
      damage = input.error();
      return database::scan::stop;
    }
    out.emplace(key.substr(prefix.size()), std::move(*input));
    return database::scan::next;
  });
  if (failure || damage)
    return failure ? failure : damage;
  return out;
}

caf::expected<bool> input_store::has_models() const {
  bool found = false;
  auto prefix = keys::models();
  auto failure = db_.visit(column::inputs, prefix, prefix, [&](auto, auto) {
    found = true;
    return database::scan::stop;
  });
  if (failure)
    return failure;
  return found;
}

caf::expected<std::optional<msg<wire::WorldModelInput>>> input_store::world_model() const {
  return db_.get_msg<wire::WorldModelInput>(column::inputs, keys::world_model());
}

void input_store::put_model(write_set& writes, std::string_view id, const msg<wire::ModelInput>& input) {
  writes.put(column::inputs, keys::model(id), input.bytes());
}

void input_store::drop_model(write_set& writes, std::string_view id) {
  writes.erase(column::inputs, keys::model(id));
}

void input_store::put_world_model(write_set& writes, const msg<wire::WorldModelInput>& input) {
  writes.put(column::inputs, keys::world_model(), input.bytes());
}

} // namespace hive
