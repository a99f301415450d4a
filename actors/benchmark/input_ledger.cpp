#include "actors/benchmark/input_ledger.hpp"

#include "actors/benchmark/model_id.hpp"
#include "actors/defaults.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>

namespace hive {
namespace {

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
    return as_view(before.getProcess()) != as_view(now.getProcess());
  return now.getRecorded() < before.getRecorded() || now.getFlushed() < before.getFlushed() ||
         now.getCorrections() < before.getCorrections() || now.getHivemindQueries() < before.getHivemindQueries();
}

} // namespace

caf::expected<std::optional<std::string>> input_ledger::observe(const msg<wire::ObserveModel>& observed,
                                                                int64_t received_at_unix_micros) {
  auto list = observed->getObservations();
  for (uint32_t i = 0; i < list.size(); ++i)
    if (std::isnan(list[i].getLatencyMs()) && std::isnan(list[i].getAccuracy()))
      return fail(ec::invalid, "/observations/" + std::to_string(i) + " has neither latency_ms nor accuracy");
  auto id = as_view(observed->getId());
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
  count(*observed);
  return dropped;
}

/// The accuracy of an observation is the share of its answers that were right.
void input_ledger::count(wire::ObserveModel::Reader observed) {
  constexpr double least_accuracy = 0.5;
  for (auto each : observed.getObservations())
    if (!std::isnan(each.getAccuracy())) {
      ++requests_;
      failed_requests_ += each.getAccuracy() < least_accuracy;
    }
}

/// Counters of another run of the process say nothing.
void input_ledger::count(wire::WorldModelStats::Reader before, wire::WorldModelStats::Reader now) {
  if (began_anew(before, now))
    return;
  ++checks_;
  failed_checks_ += now.getRecorded() > before.getRecorded() && now.getFlushed() <= before.getFlushed();
}

void input_ledger::begin_totals(int64_t now_unix_micros) {
  run_ = std::max(run_ + 1, static_cast<uint64_t>(now_unix_micros)); // the clock may have been set back
  requests_ = failed_requests_ = checks_ = failed_checks_ = 0;
}

msg<wire::InputTotals> input_ledger::totals() const {
  return msg<wire::InputTotals>::build([&](wire::InputTotals::Builder out) {
    out.setRun(run_);
    out.setRequests(requests_);
    out.setFailedRequests(failed_requests_);
    out.setWorldModelChecks(checks_);
    out.setFailedWorldModelChecks(failed_checks_);
  });
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
  if (world_model_) {
    restarts = (*world_model_)->getRestarts() + began_anew((*world_model_)->getStats(), *stats);
    count((*world_model_)->getStats(), *stats);
  }
  world_model_ = msg<wire::WorldModelInput>::build([&](wire::WorldModelInput::Builder out) {
    out.setStats(*stats);
    out.setRestarts(restarts);
    out.setReceivedAt(received_at_unix_micros);
  });
}

} // namespace hive
