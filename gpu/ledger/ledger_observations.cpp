// What the ledger makes of observations of its devices.

#include "gpu/ledger/ledger.hpp"

#include <algorithm>

namespace hive::gpu {
namespace {

using wire::GpuAvailability;
using wire::LeaseOutcome;
using wire::LeaseState;

bool is_taken_from(const lease& held) {
  return held.state == LeaseState::RESERVED || held.state == LeaseState::ACTIVE;
}

} // namespace

void ledger::on(const events::observed& what) {
  knows_devices_ = what.is_complete;
  has_failed_ = has_failed_ || devices_.empty();
  observe_devices(what);
  observe_leases();
  drain_leases();
  recover_devices();
  refuse_infeasible();
}

void ledger::on(const events::cleared& what) {
  auto found = std::ranges::find(devices_, what.uuid, &device_account::uuid);
  if (found == devices_.end())
    return refuse({}, ec::not_found, "no device " + what.uuid);
  if (!found->is_quarantined())
    return refuse({}, ec::conflict, "the device is not in quarantine");
  found->end_quarantine();
  found->relearn_idle(); // the last observation may be an old one
  is_dirty_ = true;
  report(output::kind::device, {}, what.uuid);
}

/// Of a new device too; nothing when there are too many.
std::optional<size_t> ledger::device_index(const std::string& uuid) {
  auto found = std::ranges::find(devices_, uuid, &device_account::uuid);
  if (found != devices_.end())
    return static_cast<size_t>(found - devices_.begin());
  if (devices_.size() >= max_devices)
    return std::nullopt;
  devices_.emplace_back(uuid);
  return devices_.size() - 1;
}

void ledger::observe_devices(const events::observed& what) {
  std::vector<bool> was_seen(devices_.size());
  for (const auto& each : what.devices) {
    auto index = device_index(each.uuid);
    if (!index)
      continue;
    was_seen.resize(devices_.size());
    was_seen[*index] = true;
    observe_device(devices_[*index], each, what.taken_at);
  }
  for (size_t i = 0; i < was_seen.size(); ++i)
    if (!was_seen[i] && what.is_complete && !devices_[i].simulated())
      observe_device(devices_[i],
                     {.uuid = devices_[i].uuid(),
                      .island = devices_[i].island(),
                      .state = GpuAvailability::LOST,
                      .reason = "the driver no longer lists it"},
                     what.taken_at);
}

void ledger::observe_device(device_account& device, const sighting& seen, instant taken_at) {
  auto state = device.state_at(now_, options_);
  auto free = device.free();
  auto usable = device.usable();
  bool was_stale = state == GpuAvailability::UNKNOWN;
  device.observe(seen, taken_at);
  auto state_now = device.state_at(now_, options_);
  if (state_now != state)
    report(output::kind::device, {}, device.uuid());
  if (was_stale || state_now != GpuAvailability::OK || device.free() < free || device.usable() < usable)
    has_failed_ = true;
  if (state_now != state || was_stale || device.free() != free || device.usable() != usable)
    is_dirty_ = true;
}

/// Records what the leases use, and takes them away where their device is gone or they use too much.
void ledger::observe_leases() {
  for (auto id : std::vector{held_}) {
    auto* held = find_mutable(id);
    for (auto& each : held->devices) {
      if (each.drained)
        continue;
      const auto& device = devices_[each.device];
      auto used = std::ranges::find(device.seen().leased, id, &usage::lease);
      if (used != device.seen().leased.end())
        each.peak = std::max(each.peak, used->used);
      if (!is_taken_from(*held))
        continue;
      if (device.is_out())
        take_away(*held, LeaseOutcome::DEVICE_LOST, "device " + device.uuid() + ": " + device.seen().reason, false);
      else if (used != device.seen().leased.end() && used->used > each.charge + device.tolerance(options_))
        take_away(*held, LeaseOutcome::OVERUSED,
                  "it uses " + std::to_string(used->used) + " MiB of device " + device.uuid() + " and leased " +
                    std::to_string(each.charge),
                  false);
    }
  }
}

void ledger::drain_leases() {
  for (auto id : std::vector{held_}) {
    auto* held = find_mutable(id);
    if (held->state != LeaseState::DRAINING)
      continue;
    auto before = std::ranges::count(held->devices, true, &holding::drained);
    give_back(*held);
    auto after = std::ranges::count(held->devices, true, &holding::drained);
    if (static_cast<size_t>(after) == held->devices.size())
      finish(*held, held->outcome);
    else if (after > before) // to be stored before the device is granted again
      report(output::kind::changed, id);
  }
}

void ledger::recover_devices() {
  for (auto& each : devices_) {
    if (!each.has_recovered(options_))
      continue;
    each.end_quarantine();
    is_dirty_ = true;
    report(output::kind::device, {}, each.uuid());
  }
}

/// After a device can give less: requests that can never be served any more are refused instead of waiting for ever.
void ledger::refuse_infeasible() {
  if (!has_failed_ || !knows_devices_)
    return;
  auto where = place_now();
  std::vector<lease_id> refused;
  for (const auto& each : queue_)
    if (!where.is_feasible(each.what))
      refused.push_back(each.id);
  for (auto id : refused)
    if (auto* request = find_mutable(id))
      end_waiting(*request, LeaseOutcome::INFEASIBLE, describe_infeasible(request->asked));
}

// -- restart ------------------------------------------------------------------------

/// A lease of an earlier start of the node. What was granted is kept for one ttl, in which its holder may renew it;
/// what was on its way to its end goes on from there.
void ledger::on(const events::restored& what) {
  auto& kept = leases_[what.what.id];
  kept = what.what;
  kept.scheduled_at.reset();
  kept.since = now_;
  auto& use = holders_[kept.asked.holder];
  use.outstanding += kept.asked.vram * kept.asked.devices;
  if (!kept.asked.key.empty())
    remember_key(kept);
  sequence_ = std::max(sequence_, kept.token.epoch == options_.epoch ? kept.token.sequence : 0);
  if (kept.state == LeaseState::QUEUED)
    return restore_waiting(kept);
  held_.push_back(kept.id);
  for (size_t i = 0; i < kept.devices.size(); ++i)
    restore_holding(kept, kept.devices[i], what.uuids[i]);
  if (kept.asked.timed && kept.is_in_use())
    timed_ = kept.id;
  kept.expires_at = std::min(now_ + kept.asked.ttl, kept.ends_at);
  enter(kept, kept.state == LeaseState::RESERVED ? LeaseState::ACTIVE : kept.state);
  report(output::kind::changed, kept.id);
  if (kept.state == LeaseState::REVOKING) // the node may have ended before it did
    report(output::kind::ask, kept.id, kept.reason);
  if (kept.state == LeaseState::KILLING)
    report(output::kind::kill, kept.id, kept.reason);
}

/// The request that was promised a start keeps its turn.
void ledger::restore_waiting(lease& kept) {
  if (kept.promised_at && !pinned_)
    pinned_ = entry_of(kept, options_);
  else
    kept.promised_at.reset();
  enqueue(kept);
}

void ledger::restore_holding(const lease& kept, holding& what, const std::string& uuid) {
  auto index = device_index(uuid);
  what.device = index.value_or(0);
  what.drained = what.drained || !index; // a device that is left alone
  if (what.drained)
    return;
  auto& device = devices_[what.device];
  device.add({kept.id, what.charge, free_by(kept), kept.has_processes, kept.state == LeaseState::DRAINING},
             !kept.asked.shared);
  if (!kept.ready)
    device.set_loading(std::max(device.loading_until(), kept.granted_at + options_.load_limit));
}

} // namespace hive::gpu
