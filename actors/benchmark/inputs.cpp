#include "actors/benchmark/inputs.hpp"

#include "actors/benchmark/model_id.hpp"
#include "actors/defaults.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <cmath>
#include <spdlog/spdlog.h>

namespace hive {
namespace {

std::string_view view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

msg<wire::Recorded> recorded(uint32_t entries) {
  return msg<wire::Recorded>::build([&](wire::Recorded::Builder out) { out.setRecorded(entries); });
}

/// The newest observations of `kept` followed by `added`.
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

inputs_state::~inputs_state() {
  if (in_flight_)
    for (auto& [answer, entries] : in_flight_->answers)
      answer.deliver(fail(ec::outcome_unknown, "inputs: ended while the disk was writing"));
  for (auto& entry : waiting_)
    entry.answer.deliver(fail(ec::unavailable, "inputs: ended before this was written"));
}

caf::error inputs_state::init(pointer self, std::shared_ptr<const database> db, committer_actor committer) {
  self_ = self;
  db_ = std::move(db);
  store_.emplace(*db_);
  committer_ = std::move(committer);
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
  return caf::none;
}

caf::result<msg<wire::Recorded>> inputs_state::add(const msg<wire::ObserveModel>& observed) {
  return enqueue(observed);
}

caf::result<msg<wire::Recorded>> inputs_state::add(const msg<wire::WorldModelStats>& stats) {
  return enqueue(stats);
}

caf::result<msg<wire::Recorded>> inputs_state::enqueue(input what) {
  if (waiting_.size() >= defaults::max_waiting_inputs)
    return fail(ec::overloaded,
                "inputs: " + std::to_string(defaults::max_waiting_inputs) + " wait for the disk already");
  auto answer = self_->make_response_promise<msg<wire::Recorded>>();
  waiting_.push_back({std::move(what), answer});
  if (!in_flight_)
    write_waiting();
  return answer;
}

void inputs_state::write_waiting() {
  group next{ledger_, {}, {}, false};
  for (auto& entry : waiting_)
    apply(entry, next);
  waiting_.clear();
  if (next.answers.empty())
    return;
  auto writes = writes_of(next);
  in_flight_ = std::move(next);
  self_->request(committer_, defaults::commit_timeout, std::move(writes))
    .then([this](const committed&) { finish(caf::none); }, [this](const caf::error& error) { finish(error); });
}

void inputs_state::apply(pending& entry, group& into) {
  if (auto* stats = std::get_if<msg<wire::WorldModelStats>>(&entry.what)) {
    into.after.update(*stats, now_unix_micros());
    into.world_model = true;
    into.answers.emplace_back(entry.answer, 1);
    return;
  }
  auto& observed = std::get<msg<wire::ObserveModel>>(entry.what);
  auto dropped = into.after.observe(observed, now_unix_micros());
  if (!dropped) {
    entry.answer.deliver(dropped.error());
    return;
  }
  if (*dropped) {
    spdlog::warn("inputs: model {} gives way to model {}: it was observed longest ago of {}, which is the most",
                 **dropped, view(observed->getId()), defaults::max_models);
    into.models.insert(std::move(**dropped));
  }
  into.models.emplace(view(observed->getId()));
  into.answers.emplace_back(entry.answer, observed->getObservations().size());
}

write_set inputs_state::writes_of(const group& written) const {
  write_set out;
  const auto& models = written.after.models();
  for (const auto& id : written.models)
    if (auto kept = models.find(id); kept != models.end())
      input_store::put_model(out, id, kept->second);
    else
      input_store::drop_model(out, id);
  if (written.world_model)
    input_store::put_world_model(out, *written.after.world_model());
  return out;
}

void inputs_state::finish(const caf::error& error) {
  auto written = std::move(*in_flight_);
  in_flight_.reset();
  for (auto& [answer, entries] : written.answers) {
    if (error)
      answer.deliver(error);
    else
      answer.deliver(recorded(entries));
  }
  if (!error)
    ledger_ = std::move(written.after);
  // Without an answer of the committer only the store knows whether the group was written.
  else if (auto unreadable = reload()) {
    self_->quit(std::move(unreadable));
    return;
  }
  write_waiting();
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
