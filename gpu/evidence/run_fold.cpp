#include "gpu/evidence/run_fold.hpp"

#include "gpu/evidence/classify.hpp"
#include "messages/text.hpp"

#include <algorithm>

namespace hive::gpu {

run_fold::run_fold(leased_run run) : run_{std::move(run)}, folds_(run_.devices.size(), {run_.id, run_.granted_at}) {
}

device_fold* run_fold::find(std::string_view uuid) {
  auto found = std::ranges::find(run_.devices, uuid, &leased_run::device::uuid);
  return found == run_.devices.end() ? nullptr : &folds_[static_cast<size_t>(found - run_.devices.begin())];
}

void run_fold::observe(const device_poll& poll) {
  bool is_before = poll.taken_at <= run_.granted_at;
  if (is_before && run_.granted_at - poll.taken_at > longest_gap)
    return; // errors may have come before the lease
  if (poll.report->getDriver().size() > 0)
    driver_ = as_view(poll.report->getDriver());
  for (auto reading : poll.report->getDevices()) {
    auto* fold = find(as_view(reading.getUuid()));
    if (fold && is_before)
      fold->start_from(reading, poll.owners);
    else if (fold)
      fold->observe(reading, poll.owners, poll.taken_at);
  }
}

void run_fold::add_co_tenant(const std::string& uuid, const std::string& id) {
  if (auto* fold = find(uuid))
    fold->add_co_tenant(id);
}

msg<wire::RunEvidence> run_fold::evidence(instant until) const {
  return msg<wire::RunEvidence>::build([&](wire::RunEvidence::Builder out) {
    out.setLease(run_.lease);
    out.setToken(run_.token);
    out.setExclusive(run_.exclusive);
    out.setTimed(run_.timed);
    out.setDriver(driver_);
    out.setDeclaredS(run_.declared_s);
    out.setDurationFromHistory(run_.duration_from_history);
    out.setDurationS(std::chrono::duration<double>(std::max(until - run_.granted_at, duration{0})).count());
    auto devices = out.initDevices(static_cast<uint32_t>(folds_.size()));
    for (uint32_t i = 0; i < devices.size(); ++i) {
      devices[i].setUuid(run_.devices[i].uuid);
      devices[i].setName(run_.devices[i].name);
      devices[i].setSimulated(run_.devices[i].simulated);
      if (!run_.devices[i].simulated)
        folds_[i].write(until, devices[i]);
    }
    judge(out);
  });
}

} // namespace hive::gpu
