// What happens to the machine of a world: failures, crashes, polls, and the end, when nothing fails any more.

#include "tests/gpu/ledger/ledger_world.hpp"

#include <algorithm>

namespace hive::gpu::testing {
namespace {

using namespace std::chrono_literals;
using wire::GpuAvailability;
using wire::LeaseState;

std::string uuid_of(size_t device) {
  return "GPU-" + std::to_string(device);
}

} // namespace

void ledger_world::hurt() {
  is_failing_ = true;
  auto& device = devices_[static_cast<size_t>(random(static_cast<int>(devices_.size())))];
  switch (device.simulated ? 2 : random(4)) {
  case 0:
    device.is_lost = !device.is_lost;
    if (device.is_lost) // what was on it is gone
      std::erase_if(allocations_, [&](const allocation& each) { return &devices_[each.device] == &device; });
    return;
  case 1:
    device.foreign = static_cast<mib>(random(3000));
    is_unclear_ = true; // it may take a while to tell it from that of leases
    return;
  case 2:
    silent_until_ = now_ + std::chrono::seconds{random(20)};
    return;
  default:
    device.is_lost = false;
  }
}

/// A crash would matter now: what has drained may have been granted again.
bool ledger_world::is_half_drained() const {
  return std::ranges::any_of(ledger_.held_leases(), [](const lease* each) {
    return each->state == LeaseState::DRAINING && std::ranges::any_of(each->devices, &holding::drained);
  });
}

/// The node ends and starts again from its store. Of grants on their way to the disk, some were written.
void ledger_world::crash() {
  is_failing_ = true;
  check_replay();
  for (auto id : pending_)
    if (chance(50))
      stored_.erase(id);
  for (auto id : pending_)
    if (!stored_.contains(id)) {
      open_.erase(id);
      holders_.erase(id);
      ended_.insert(id);
    }
  pending_.clear();
  promises_.clear();
  with_keys_.clear();
  log_.clear();
  outputs_.clear();
  ++options_.epoch;
  ledger_ = ledger{options_};
  auto stored = stored_;
  stored_.clear();
  for (auto& [id, who] : holders_) {
    if (!stored.contains(id))
      violate("lease " + std::to_string(id.value) + " was forgotten by the restart");
    who.renewed_at = now_;
  }
  is_restoring_ = true; // what is overdue is taken away by the next event
  for (auto& [id, kept] : stored)
    apply(events::restored{kept.first, kept.second});
  is_restoring_ = false;
  if (chance(50))
    apply(events::observed{{}, now_, false}); // nothing is known of the devices yet
  poll();
}

void ledger_world::store_pending() {
  for (auto id : std::set{pending_}) {
    if (chance(30))
      continue;
    if (const auto* held = ledger_.find(id); held && held->state == LeaseState::RESERVED) {
      if (chance(95))
        apply(events::stored{id});
      else
        apply(events::not_stored{id, "disk full"});
    }
    pending_.erase(id);
  }
}

void ledger_world::poll() {
  next_poll_ = now_ + poll_interval;
  if (now_ < silent_until_)
    return;
  std::erase_if(allocations_, [this](const allocation& each) { return !each.has_process && each.free_at <= now_; });
  events::observed seen;
  seen.taken_at = now_;
  for (size_t i = 0; i < devices_.size(); ++i)
    if (!devices_[i].is_lost || i % 2 != 0) // the driver lists some of the lost ones no longer
      seen.devices.push_back(see(i));
  last_good_poll_ = now_;
  apply(seen);
  check_after_poll();
  if (std::exchange(is_failing_, false))
    last_failure_ = now_;
}

sighting ledger_world::see(size_t index) {
  const auto& device = devices_[index];
  sighting out{.uuid = uuid_of(index),
               .island = device.island,
               .total = device.total,
               .reserved = device.reserved,
               .used = device.driver + device.foreign,
               .foreign = device.foreign,
               .simulated = device.simulated};
  if (device.is_lost) {
    out.state = GpuAvailability::LOST;
    out.reason = "fell off the bus";
  }
  for (const auto& each : allocations_) {
    if (each.device != index)
      continue;
    out.used += each.used;
    if (!each.has_process)
      continue;
    auto who = holders_.find(each.lease);
    if (who != holders_.end() && who->second.is_named)
      out.leased.push_back({each.lease, who->second.is_opaque ? 0 : each.used});
    else
      out.foreign += each.used;
  }
  return out;
}

/// In the end nothing fails any more and every holder gives back. Then everybody is served, and nothing stays taken.
void ledger_world::settle() {
  silent_until_ = now_;
  for (auto& each : devices_)
    each.foreign = each.is_lost = false;
  for (auto& each : allocations_)
    each.free_at = std::min(each.free_at, now_ + 5s);
  for (auto& [id, who] : holders_) {
    who.leaks = false;
    who.obeys = true;
  }
  auto until = now_ + 1h;
  while (violation_.empty() && !is_settled()) {
    live(now_ + poll_interval);
    store_pending();
    if (auto id = any_active(); id != lease_id{}) {
      allocate(id);
      end_processes(id);
      apply(events::released{id, holders_[id].token});
      apply(events::processes_ended{id});
    }
    if (now_ > until)
      violate(std::to_string(ledger_.queued()) + " requests wait, " + std::to_string(ledger_.held_leases().size()) +
              " leases are held and devices are " + (is_idle() ? "idle" : "not idle") +
              " although everybody gives back and nothing fails");
  }
}

bool ledger_world::is_settled() const {
  return ledger_.queued() == 0 && ledger_.held_leases().empty() && is_idle();
}

bool ledger_world::is_idle() const {
  return std::ranges::all_of(ledger_.devices(), [this](const device_account& each) {
    return each.state_at(now_, options_) == GpuAvailability::OK && each.is_idle() && each.quarantined() == 0;
  });
}

/// Their memory comes back after a while: sometimes just before the device would be quarantined, of holders that leak
/// never, on one of their devices.
void ledger_world::end_processes(lease_id id) {
  auto who = holders_.find(id);
  bool leaks = who != holders_.end() && who->second.leaks;
  bool is_shared = who == holders_.end() || who->second.asked.shared;
  for (auto& each : allocations_) {
    if (each.lease != id || !std::exchange(each.has_process, false))
      continue;
    auto longest = !is_shared && chance(10) ? options_.drain_limit - poll_interval - 100ms : duration{4s};
    each.free_at = now_ + duration{static_cast<int64_t>(random_() % static_cast<uint64_t>(longest.count()))};
    if (std::exchange(leaks, false)) {
      each.free_at = instant::max();
      is_unclear_ = true; // memory may be missing at any time from now on
    }
  }
}

} // namespace hive::gpu::testing
