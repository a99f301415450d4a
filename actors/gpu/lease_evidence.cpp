#include "actors/gpu/lease_evidence.hpp"

#include "storage/lease_store.hpp"

#include <algorithm>

namespace hive {
namespace {

/// A grant that is on its way to the disk is not in use yet.
bool is_running(const gpu::lease* held) {
  return held && held->is_in_use() && held->state >= wire::LeaseState::ACTIVE;
}

} // namespace

void lease_evidence::observe(gpu::device_poll poll) {
  for (auto& [id, fold] : running_)
    fold.observe(poll);
  latest_ = std::move(poll);
}

void lease_evidence::follow(const gpu::ledger& ledger, const describe_run& describe) {
  for (const auto* held : ledger.held_leases()) {
    if (!is_running(held) || running_.contains(held->id))
      continue;
    auto& fold = running_.emplace(held->id, gpu::run_fold{describe(*held)}).first->second;
    if (latest_)
      fold.observe(*latest_);
  }
  std::erase_if(running_, [&](const auto& each) {
    bool has_ended = !is_running(ledger.find(each.first));
    if (has_ended)
      finish(each.first, each.second, ledger.now());
    return has_ended;
  });
  find_co_tenants(ledger);
  while (finished_.size() > ledger.options().max_ended)
    finished_.erase(finished_.begin());
}

void lease_evidence::finish(lease_id id, const gpu::run_fold& fold, gpu::instant now) {
  finished_.insert_or_assign(id, fold.evidence(now));
}

void lease_evidence::find_co_tenants(const gpu::ledger& ledger) {
  if (running_.size() < 2)
    return;
  for (const auto& device : ledger.devices()) {
    if (device.claims().size() < 2)
      continue;
    for (const auto& each : device.claims())
      if (auto fold = running_.find(each.lease); fold != running_.end())
        for (const auto& other : device.claims())
          if (other.lease != each.lease && running_.contains(other.lease))
            fold->second.add_co_tenant(device.uuid(), to_text(other.lease));
  }
}

std::optional<msg<wire::RunEvidence>> lease_evidence::find(lease_id id, gpu::instant now) const {
  if (auto running = running_.find(id); running != running_.end())
    return running->second.evidence(now);
  auto finished = finished_.find(id);
  return finished == finished_.end() ? std::nullopt : std::optional{finished->second};
}

} // namespace hive
