#include "actors/benchmark/inputs.hpp"

#include "actors/benchmark/model_id.hpp"
#include "actors/defaults.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <cmath>
#include <utility>

namespace hive {
namespace {

std::string_view view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

msg<wire::Recorded> recorded(uint32_t entries) {
  return msg<wire::Recorded>::build([&](wire::Recorded::Builder out) { out.setRecorded(entries); });
}

/// The observations in `kept` followed by `added`, limited to the newest.
msg<wire::ModelInput> append(const msg<wire::ModelInput>& kept, const msg<wire::ObserveModel>& added,
                             int64_t now_unix_micros) {
  auto old_list = kept->getObservations();
  auto new_list = added->getObservations();
  auto total = old_list.size() + new_list.size();
  auto keep = std::min<uint32_t>(total, defaults::max_observations);
  return msg<wire::ModelInput>::build([&](wire::ModelInput::Builder out) {
    out.setObservedAt(now_unix_micros);
    auto list = out.initObservations(keep);
    for (uint32_t i = 0; i < keep; ++i) {
      auto from = total - keep + i;
      list.setWithCaveats(i, from < old_list.size() ? old_list[from] : new_list[from - old_list.size()]);
    }
  });
}

bool began_anew(wire::WorldModelStats::Reader before, wire::WorldModelStats::Reader now) {
  if (before.getProcess().size() > 0 || now.getProcess().size() > 0)
    return view(before.getProcess()) != view(now.getProcess());
  return now.getRecorded() < before.getRecorded() || now.getFlushed() < before.getFlushed() ||
         now.getCorrections() < before.getCorrections() || now.getHivemindQueries() < before.getHivemindQueries();
}

} // namespace

// -- input_ledger --------------------------------------------------------------

caf::expected<std::optional<std::string>> input_ledger::observe(const msg<wire::ObserveModel>& observed,
                                                                int64_t received_at_unix_micros) {
  auto list = observed->getObservations();
  for (uint32_t i = 0; i < list.size(); ++i)
    if (std::isnan(list[i].getLatencyMs()) && std::isnan(list[i].getAccuracy()))
      return fail(ec::invalid, "/observations/" + std::to_string(i) + " has neither latency_ms nor accuracy");
  auto id = view(observed->getId());
  if (!is_valid_model_id(id))
    return fail(ec::invalid, "/id " + std::string{model_id_rule});
  std::optional<std::string> dropped;
  auto found = models_.find(id);
  if (found == models_.end()) {
    if (models_.size() >= defaults::max_models)
      dropped = drop_stalest_model();
    found = models_.emplace(id, msg<wire::ModelInput>{}).first;
  }
  found->second = append(found->second, observed, received_at_unix_micros);
  return dropped;
}

std::string input_ledger::drop_stalest_model() {
  auto stalest = std::min_element(models_.begin(), models_.end(), [](const auto& left, const auto& right) {
    return left.second->getObservedAt() < right.second->getObservedAt();
  });
  auto id = stalest->first;
  models_.erase(stalest);
  return id;
}

void input_ledger::update(const msg<wire::WorldModelStats>& stats, int64_t received_at_unix_micros) {
  uint32_t restarts = 0;
  if (world_model_)
    restarts = (*world_model_)->getRestarts() + began_anew((*world_model_)->getStats(), *stats);
  world_model_ = msg<wire::WorldModelInput>::build([&](wire::WorldModelInput::Builder out) {
    out.setStats(*stats);
    out.setRestarts(restarts);
    out.setReceivedAt(received_at_unix_micros);
  });
}

// -- inputs_state --------------------------------------------------------------

caf::error inputs_state::init(pointer self, std::shared_ptr<const database> db, committer_actor committer) {
  db_ = std::move(db);
  store_.emplace(*db_);
  batch_.init(self, std::move(committer),
              {.entries = "pushes",
               .max_entries = defaults::max_waiting_inputs,
               .seal = [this](write_set& writes) { seal(writes); },
               .reload = [this] { return reload(); }});
  return reload();
}

caf::error inputs_state::reload() {
  auto models = store_->models();
  if (!models)
    return models.error();
  auto world_model = store_->world_model();
  if (!world_model)
    return world_model.error();
  ledger_ = input_ledger{std::move(*models), std::move(*world_model)};
  changed_models_.clear();
  world_model_changed_ = false;
  return caf::none;
}

caf::result<msg<wire::Recorded>> inputs_state::add(const msg<wire::ObserveModel>& observed) {
  if (auto full = batch_.check_room(1))
    return full;
  auto dropped = ledger_.observe(observed, now_unix_micros());
  if (!dropped)
    return dropped.error();
  if (*dropped) {
    log::warn("Too many models: the one observed longest ago gives way to a new one. dropped={} added={} limit={}",
              **dropped, view(observed->getId()), defaults::max_models);
    changed_models_.insert(std::move(**dropped));
  }
  changed_models_.emplace(view(observed->getId()));
  return answer_when_durable(observed->getObservations().size());
}

caf::result<msg<wire::Recorded>> inputs_state::add(const msg<wire::WorldModelStats>& stats) {
  if (auto full = batch_.check_room(1))
    return full;
  ledger_.update(stats, now_unix_micros());
  world_model_changed_ = true;
  return answer_when_durable(1);
}

caf::result<msg<wire::Recorded>> inputs_state::answer_when_durable(uint32_t entries) {
  auto promise = batch_.answer_when_durable(1, recorded(entries));
  batch_.flush();
  return promise;
}

void inputs_state::seal(write_set& writes) {
  const auto& models = ledger_.models();
  for (const auto& id : std::exchange(changed_models_, {}))
    if (auto kept = models.find(id); kept != models.end())
      input_store::put_model(writes, id, kept->second);
    else
      input_store::drop_model(writes, id);
  if (std::exchange(world_model_changed_, false))
    input_store::put_world_model(writes, *ledger_.world_model());
}

inputs_actor::behavior_type inputs(inputs_state::pointer self, std::shared_ptr<const database> db,
                                   committer_actor committer) {
  if (auto error = self->state.init(self, std::move(db), std::move(committer)))
    self->quit(std::move(error));
  return {
    [self](const msg<wire::ObserveModel>& observed) { return self->state.add(observed); },
    [self](const msg<wire::WorldModelStats>& stats) { return self->state.add(stats); },
  };
}

} // namespace hive
