#include "gpu/ledger/audit.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace hive::gpu {
namespace {

using wire::LeaseOutcome;
using wire::LeaseState;

std::string name(lease_id id) {
  return "lease " + std::to_string(id.value);
}

} // namespace

std::string audit::find_violation() const {
  for (auto check :
       {&audit::check_balance, &audit::check_charges, &audit::check_modes, &audit::check_gangs, &audit::check_tokens,
        &audit::check_queue, &audit::check_durations, &audit::check_timed, &audit::check_outcomes})
    if (auto violation = (this->*check)(); !violation.empty())
      return violation;
  return {};
}

size_t audit::count_entries() const {
  return ledger_.deadlines_.size() + ledger_.leases_.size() + ledger_.ended_.size() + ledger_.keys_.size() +
         ledger_.holders_.size() + ledger_.held_.size() + ledger_.queue_.size();
}

std::string audit::check_balance() const {
  for (const auto& each : ledger_.devices_) {
    auto sum = each.reserved() + each.foreign() + each.quarantined() + each.leased() + each.free();
    if (sum != each.total() || each.free() > each.total())
      return "balance: device " + each.uuid() + " has " + std::to_string(each.total()) + " MiB, its parts come to " +
             std::to_string(sum) + ", " + std::to_string(each.free()) + " of them free";
  }
  return {};
}

std::string audit::check_charges() const {
  std::vector<mib> leased(ledger_.devices_.size());
  for (const auto* held : ledger_.held_leases())
    for (const auto& each : held->devices)
      if (!each.drained)
        leased[each.device] += each.charge;
  for (size_t i = 0; i < leased.size(); ++i)
    if (leased[i] != ledger_.devices_[i].leased())
      return "charges: device " + ledger_.devices_[i].uuid() + " counts " +
             std::to_string(ledger_.devices_[i].leased()) + " MiB, its leases have " + std::to_string(leased[i]);
  return {};
}

std::string audit::check_modes() const {
  for (const auto& each : ledger_.devices_)
    for (const auto& claimed : each.claims()) {
      const auto* held = ledger_.find(claimed.lease);
      if (!held)
        return "modes: device " + each.uuid() + " has a claim of an unknown lease";
      if (!held->asked.shared && each.claims().size() > 1)
        return "modes: " + name(held->id) + " is exclusive and not alone on device " + each.uuid();
      if (held->asked.shared == each.is_exclusive())
        return "modes: device " + each.uuid() + " is in another mode than " + name(held->id);
    }
  return {};
}

std::string audit::check_gangs() const {
  for (const auto* held : ledger_.held_leases()) {
    std::set<size_t> devices;
    for (const auto& each : held->devices)
      devices.insert(each.device);
    if (devices.size() != held->asked.devices || held->devices.size() != devices.size())
      return "gangs: " + name(held->id) + " has " + std::to_string(devices.size()) + " devices and asked for " +
             std::to_string(held->asked.devices);
    if (held->is_in_use() && std::ranges::any_of(held->devices, &holding::drained))
      return "gangs: " + name(held->id) + " is in use and has given back a part";
    for (const auto& each : held->devices)
      if (each.charge < held->asked.vram)
        return "gangs: " + name(held->id) + " has less memory than it asked for";
  }
  return {};
}

std::string audit::check_tokens() const {
  std::set<lease_token> tokens;
  for (const auto* held : ledger_.held_leases())
    if (held->token.sequence == 0 || !tokens.insert(held->token).second)
      return "tokens: that of " + name(held->id) + " is not its own";
  return {};
}

std::string audit::check_queue() const {
  size_t waiting_count = 0;
  for (const auto& [id, each] : ledger_.leases_)
    waiting_count += each.state == LeaseState::QUEUED;
  if (waiting_count != ledger_.queue_.size())
    return "queue: " + std::to_string(waiting_count) + " leases wait, the queue has " +
           std::to_string(ledger_.queue_.size());
  for (const auto& each : ledger_.queue_)
    if (const auto* found = ledger_.find(each.id); !found || found->state != LeaseState::QUEUED)
      return "queue: " + name(each.id) + " does not wait";
  if (ledger_.pinned_ && !ledger_.queue_.contains(*ledger_.pinned_))
    return "queue: its head has left it";
  return {};
}

std::string audit::check_durations() const {
  if (auto due = ledger_.deadlines_.next(); due && *due <= ledger_.now_)
    return {}; // its clock has not ticked yet
  for (const auto* held : ledger_.held_leases())
    if (held->state != LeaseState::RESERVED && ledger_.now_ > ledger_.free_by(*held))
      return "durations: " + name(held->id) + " holds memory for too long";
  return {};
}

std::string audit::check_timed() const {
  size_t in_use = 0;
  for (const auto* held : ledger_.held_leases())
    in_use += held->asked.timed && held->is_in_use();
  return in_use > 1 ? "timed: " + std::to_string(in_use) + " timed leases are in use" : "";
}

std::string audit::check_outcomes() const {
  for (const auto& each : ledger_.ended_)
    if (each.state != LeaseState::ENDED || each.outcome == LeaseOutcome::OPEN || each.ended_at < each.requested_at)
      return "outcomes: " + name(each.id) + " has ended without an outcome";
  for (const auto& [id, each] : ledger_.leases_)
    if (each.state == LeaseState::ENDED)
      return "outcomes: " + name(id) + " has ended and is kept as open";
  return {};
}

} // namespace hive::gpu
