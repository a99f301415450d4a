// What must hold in a world beside the ledger's own invariants. Each check knows the machine or what was promised, and
// nothing of how the ledger works.

#include "tests/gpu/ledger/ledger_world.hpp"

#include <algorithm>

namespace hive::gpu::testing {
namespace {

using namespace std::chrono_literals;
using wire::LeaseOutcome;
using wire::LeaseState;

std::string name(lease_id id) {
  return "lease " + std::to_string(id.value);
}

/// Whether `one` can have every place that `other` can have, and gives it back no later.
bool needs_no_more(const lease_request& one, const lease_request& other) {
  bool fits = one.devices == 1 ? one.vram <= other.vram : one.vram == other.vram;
  return fits && one.devices == other.devices && one.shared == other.shared && (!one.timed || other.timed) &&
         one.max_duration <= other.max_duration;
}

} // namespace

/// A promise only becomes earlier unless something fails, and is not later than the end of what is held.
void ledger_world::check_promise(const lease& waiting) {
  auto known = promises_.find(waiting.id);
  bool must_stay = known != promises_.end() && must_hold(known->second);
  if (!waiting.promised_at) {
    if (must_stay)
      violate("a promise was taken back");
    return;
  }
  if (must_stay && *waiting.promised_at > known->second.at)
    violate("a promise became later");
  promises_[waiting.id] = {*waiting.promised_at, now_};
  had_promise_.insert(waiting.id);
  auto to_free = options_.ask_grace + options_.kill_limit + options_.drain_limit + 4 * options_.lateness;
  auto latest = now_ + std::max(to_free, options_.load_limit + options_.lateness);
  for (const auto* held : ledger_.held_leases())
    latest = std::max(latest, held->granted_at + held->asked.max_duration + to_free);
  if (*waiting.promised_at > latest)
    violate(name(waiting.id) + " is promised a start after the end of everything that is held");
}

/// What has been decided about its end stays.
void ledger_world::check_outcome(const lease& what) {
  auto known = stored_.find(what.id);
  if (known != stored_.end() && known->second.first.outcome != LeaseOutcome::OPEN &&
      known->second.first.outcome != what.outcome)
    violate(name(what.id) + " has two outcomes");
}

/// Memory is handed out once, of devices that were seen lately, on one island.
void ledger_world::check_room(const lease& held) {
  if (held.devices.size() != held.asked.devices)
    violate("a gang has got a part of its devices");
  for (const auto& mine : held.devices) {
    auto index = index_of(mine.device);
    const auto& device = devices_[index];
    if (device.island != devices_[index_of(held.devices.front().device)].island)
      violate("a gang is on several islands");
    mib in_use = mine.charge;
    mib draining = 0; // as the ledger says, all of it or a part of what is left in truth
    mib left = 0;
    std::set<lease_id> using_it;
    for (auto id : open_) {
      const auto& other = *ledger_.find(id);
      for (const auto& theirs : other.devices)
        if (theirs.device == mine.device && !theirs.drained)
          (other.state == LeaseState::DRAINING ? draining : in_use) += theirs.charge;
      if (other.state != LeaseState::DRAINING)
        using_it.insert(id);
    }
    for (const auto& each : allocations_)
      if (each.device == index && !using_it.contains(each.lease))
        left += std::min(each.used, each.leased); // more than that is known when a poll has shown it
    auto taken = in_use + std::max(draining, left);
    auto tolerated = std::max<mib>(options_.drain_tolerance, device.total * options_.drain_tolerance_permille / 1000);
    if (taken > device.total - device.reserved + tolerated)
      violate("memory handed out twice: device " + std::to_string(index) + " has " +
              std::to_string(device.total - device.reserved) + " MiB, " + std::to_string(taken) + " are taken");
    if (!device.simulated && now_ - last_good_poll_ > options_.stale_after)
      violate("granted on an old observation");
    if (ledger_.devices()[mine.device].is_quarantined())
      violate("granted on a device in quarantine");
  }
}

/// Nobody is overtaken by a request that needs at least as much and came later, priorities considered.
void ledger_world::check_turn(const lease& held) {
  if (had_promise_.contains(held.id))
    return; // it has kept its turn
  for (const auto* waiting : ledger_.waiting_leases()) {
    bool is_earlier = std::pair(order_of(*waiting), waiting->id) < std::pair(order_of(held), held.id);
    if (is_earlier && needs_no_more(waiting->asked, held.asked))
      violate(name(waiting->id) + " was overtaken by " + name(held.id) + ", which needs as much");
  }
}

instant ledger_world::order_of(const lease& waiting) const {
  auto asked = asked_at_.find(waiting.id);
  auto at = asked == asked_at_.end() ? now_ : asked->second; // it has come with this very event
  return at - waiting.asked.priority * options_.priority_step;
}

/// One shared lease at a time loads on a device.
void ledger_world::check_loading(const lease& held) {
  if (!held.asked.shared)
    return;
  for (const auto* other : ledger_.held_leases()) {
    auto who = holders_.find(other->id);
    bool is_loading = other->id != held.id && other->asked.shared && other->is_in_use() &&
                      other->state <= LeaseState::ACTIVE && now_ < other->granted_at + options_.load_limit &&
                      who != holders_.end() && !who->second.has_loaded && !other->ready;
    for (const auto& mine : held.devices)
      if (is_loading && std::ranges::find(other->devices, mine.device, &holding::device) != other->devices.end())
        violate(name(held.id) + " loads while " + name(other->id) + " does");
  }
}

/// When a lease that is not renewed again is taken away.
instant ledger_world::expiry_of(const lease& held) const {
  auto who = holders_.find(held.id);
  auto renewed_at = who == holders_.end() ? held.granted_at : who->second.renewed_at;
  return std::min(std::max(renewed_at + held.asked.ttl, woken_at_ + held.asked.ttl / 3),
                  held.granted_at + held.asked.max_duration);
}

/// No lease is used for longer than it was asked for, or than its holder renews it.
void ledger_world::check_times(const lease& held) {
  if (held.state != LeaseState::ACTIVE)
    return;
  if (held.expires_at > held.granted_at + held.asked.max_duration)
    violate(name(held.id) + " was renewed past its longest duration");
  if (now_ > held.granted_at + held.asked.max_duration + options_.lateness)
    violate(name(held.id) + " is used past its longest duration");
  if (now_ > expiry_of(held) + options_.lateness)
    violate(name(held.id) + " has not expired");
}

/// No device gives more than it has, whatever the ledger takes it for.
void ledger_world::check_capacity() {
  for (size_t i = 0; i < ledger_.devices().size(); ++i) {
    const auto& account = ledger_.devices()[i];
    const auto& device = devices_[index_of(i)];
    if (account.leased() + account.quarantined() > device.total - device.reserved)
      violate("device " + account.uuid() + " has leased out more than it has");
  }
}

void ledger_world::check_bounds() {
  std::map<std::string, size_t> waiting;
  for (const auto* each : ledger_.waiting_leases())
    if (++waiting[each->asked.holder] > options_.max_queued_of_holder)
      violate("too many requests of " + each->asked.holder + " wait");
  if (ledger_.queued() > options_.max_queued)
    violate("too many requests wait");
  if (audit{ledger_}.count_entries() > 1'000)
    violate("the ledger grows");
}

/// What a poll showed has consequences.
void ledger_world::check_after_poll() {
  for (const auto* held : ledger_.held_leases()) {
    if (held->state > LeaseState::ACTIVE)
      continue;
    auto who = holders_.find(held->id);
    bool is_visible = who != holders_.end() && who->second.is_named && !who->second.is_opaque;
    for (const auto& mine : held->devices) {
      auto index = index_of(mine.device);
      if (devices_[index].is_lost)
        violate(name(held->id) + " is still there and its device is not");
      for (const auto& each : allocations_)
        if (is_visible && each.lease == held->id && each.device == index && each.has_process &&
            each.used > mine.charge + 500)
          violate(name(held->id) + " uses more than it has leased");
    }
  }
  for (const auto* waiting : ledger_.waiting_leases())
    check_feasible(*waiting);
}

/// Nobody waits for what no device can give.
void ledger_world::check_feasible(const lease& waiting) {
  std::map<uint32_t, size_t> fitting; // by island
  for (size_t i = 0; i < ledger_.devices().size(); ++i) {
    const auto& device = devices_[index_of(i)];
    if (!device.is_lost && !ledger_.devices()[i].is_quarantined() &&
        device.total - device.reserved >= waiting.asked.vram)
      ++fitting[device.island];
  }
  if (std::ranges::none_of(fitting, [&](const auto& each) { return each.second >= waiting.asked.devices; }))
    violate(name(waiting.id) + " waits for devices that are not there");
}

/// The outputs are a function of the events: a fresh ledger gives the same ones for any beginning of the log.
void ledger_world::check_replay() {
  ledger again{options_};
  auto length = chance(50) ? log_.size() : static_cast<size_t>(random(static_cast<int>(log_.size() + 1)));
  for (size_t i = 0; i < length; ++i)
    if (again.apply(log_[i].first, log_[i].second) != outputs_[i])
      return violate("event " + std::to_string(i) + " has other outputs when it is replayed");
}

void ledger_world::violate(const std::string& what) {
  if (violation_.empty())
    violation_ = "seed " + std::to_string(seed_) + ", event " + std::to_string(log_.size()) + ": " + what;
}

} // namespace hive::gpu::testing
