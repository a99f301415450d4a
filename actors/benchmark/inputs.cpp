#include "actors/benchmark/inputs.hpp"

#include "actors/benchmark/input_ledger.hpp"
#include "actors/defaults.hpp"
#include "actors/store/durable_batch.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/input_store.hpp"

#include <caf/all.hpp>
#include <set>
#include <utility>

namespace hive {
namespace {

msg<wire::Recorded> recorded(uint32_t entries) {
  return msg<wire::Recorded>::build([&](wire::Recorded::Builder out) { out.setRecorded(entries); });
}

class inputs_state {
public:
  using pointer = inputs_actor::stateful_pointer<inputs_state>;
  static inline const char* name = "inputs";

  /// Reads the stored inputs. An error ends the actor.
  caf::error init(pointer self, inputs_services services) {
    db_ = std::move(services.db);
    store_.emplace(*db_);
    batch_.init(self, std::move(services.committer),
                {.entries = "pushes",
                 .max_entries = defaults::max_waiting_inputs,
                 .seal = [this](write_set& writes) { seal(writes); },
                 .reload = [this] { return reload(); }});
    return reload();
  }

  caf::result<msg<wire::Recorded>> add(const msg<wire::ObserveModel>& observed) {
    if (auto full = batch_.check_room(1))
      return full;
    auto dropped = ledger_.observe(observed, now_unix_micros());
    if (!dropped)
      return dropped.error();
    if (*dropped) {
      log::warn("Too many models: the one observed longest ago gives way to a new one. dropped={} added={} limit={}",
                **dropped, as_view(observed->getId()), defaults::max_models);
      changed_models_.insert(std::move(**dropped));
    }
    changed_models_.emplace(as_view(observed->getId()));
    return answer_when_durable(observed->getObservations().size());
  }

  caf::result<msg<wire::Recorded>> add(const msg<wire::WorldModelStats>& stats) {
    if (auto full = batch_.check_room(1))
      return full;
    ledger_.update(stats, now_unix_micros());
    world_model_changed_ = true;
    return answer_when_durable(1);
  }

  /// Waits for writes in flight.
  caf::result<msg<wire::InputTotals>> totals() {
    if (auto full = batch_.check_room(1))
      return full;
    auto promise = batch_.answer_when_durable(1, ledger_.totals());
    batch_.flush();
    return promise;
  }

private:
  caf::result<msg<wire::Recorded>> answer_when_durable(uint32_t entries) {
    auto promise = batch_.answer_when_durable(1, recorded(entries));
    batch_.flush();
    return promise;
  }

  /// Adds the inputs changed since the last group.
  void seal(write_set& writes) {
    const auto& models = ledger_.models();
    for (const auto& id : std::exchange(changed_models_, {}))
      if (auto kept = models.find(id); kept != models.end())
        input_store::put_model(writes, id, kept->second);
      else
        input_store::drop_model(writes, id);
    if (std::exchange(world_model_changed_, false))
      input_store::put_world_model(writes, *ledger_.world_model());
  }

  caf::error reload() {
    auto models = store_->models();
    if (!models)
      return models.error();
    auto world_model = store_->world_model();
    if (!world_model)
      return world_model.error();
    ledger_ = input_ledger{std::move(*models), std::move(*world_model)};
    ledger_.begin_totals(now_unix_micros()); // what was counted may not have been written
    changed_models_.clear();
    world_model_changed_ = false;
    return caf::none;
  }

  std::shared_ptr<const database> db_;
  std::optional<input_store> store_; ///< reads from `db_`
  input_ledger ledger_;
  std::set<std::string, std::less<>> changed_models_; ///< includes evicted ones
  bool world_model_changed_ = false;
  durable_batch batch_; ///< last member: its destructor answers waiting requests
};
inputs_actor::behavior_type inputs(inputs_state::pointer self, inputs_services services) {
  if (auto error = self->state.init(self, std::move(services)))
    self->quit(std::move(error));
  return {
    [self](const msg<wire::ObserveModel>& observed) { return self->state.add(observed); },
    [self](const msg<wire::WorldModelStats>& stats) { return self->state.add(stats); },
    [self](const msg<wire::InputTotalsQuery>&) { return self->state.totals(); },
  };
}

} // namespace

inputs_actor spawn_inputs(caf::actor_system& system, inputs_services services) {
  return system.spawn(inputs, std::move(services));
}

} // namespace hive
