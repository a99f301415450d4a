#include "tests/gpu/ledger/ledger_world.hpp"

#include <algorithm>

namespace hive::gpu::testing {
namespace {

using namespace std::chrono_literals;
using wire::GpuAvailability;
using wire::LeaseOutcome;
using wire::LeaseState;

constexpr duration poll_interval = 500ms;

std::string uuid_of(size_t device) {
  return "GPU-" + std::to_string(device);
}

ledger_options small_options(uint64_t seed) {
  ledger_options out;
  out.max_queued = 40;
  out.max_queued_of_holder = 20;
  out.scan_depth = seed % 3 == 0 ? 4 : 256;
  out.max_ended = 64;
  return out;
}

} // namespace

ledger_world::ledger_world(uint64_t seed, weather how)
    : seed_{seed}, weather_{how}, random_{seed}, options_{small_options(seed)}, ledger_{options_}, now_{1'000'000s},
      next_poll_{now_}, has_late_ticks_{seed % 2 == 0} {
  make_devices();
  poll();
}

void ledger_world::make_devices() {
  auto count = 1 + random(6);
  auto island = 1 + random(6);
  for (int i = 0; i < count; ++i)
    devices_.push_back({.island = static_cast<uint32_t>(i / island),
                        .total = 8192u + 8192u * static_cast<mib>(random(3)),
                        .reserved = 300,
                        .driver = static_cast<mib>(random(20)),
                        .foreign = chance(30) ? static_cast<mib>(random(2000)) : 0});
  if (chance(20))
    devices_.back() = {.island = devices_.back().island, .simulated = true, .total = 16'384};
}

std::string ledger_world::run(size_t count) {
  for (size_t i = 0; i < count && violation_.empty(); ++i) {
    live(now_ + std::chrono::milliseconds{chance(5) ? random(8000) : random(400)});
    if (is_rough() && random(2000) == 0) { // the machine sleeps
      now_ += std::chrono::seconds{20 + random(100)};
      is_failing_ = is_asleep_ = true;
    }
    act();
  }
  settle();
  if (violation_.empty())
    check_replay();
  return violation_;
}

/// Lets time pass: deadlines and polls happen when they are due, and holders do what they do.
void ledger_world::live(instant until) {
  while (violation_.empty()) {
    auto next = std::min(until, next_poll_);
    if (auto due = ledger_.next_deadline())
      next = std::min(next, std::max(*due + late_, now_));
    now_ = std::max(now_, next);
    if (now_ >= next_poll_)
      poll();
    else if (now_ < until)
      tick();
    else
      return;
  }
}

void ledger_world::tick() {
  apply(events::ticked{});
  if (has_late_ticks_)
    late_ = chance(50) ? duration{0} : duration{random(static_cast<int>(options_.lateness.count()))};
}

void ledger_world::act() {
  auto roll = random(100);
  if (roll < 25)
    request();
  else if (roll < 55)
    renew();
  else if (roll < 70)
    release();
  else if (roll < 82)
    store_pending();
  else if (roll < 88)
    misuse();
  else if (roll < 92)
    repeat();
  else if (roll < 95)
    operate();
  else if (is_rough() && roll < 98)
    hurt();
  else if (is_rough() && random(is_half_drained() ? 2 : 20) == 0)
    crash();
}

// -- what holders do ----------------------------------------------------------------

void ledger_world::request() {
  lease_request asked;
  asked.holder = "h" + std::to_string(random(4));
  if (chance(30))
    asked.key = "k" + std::to_string(random(1000));
  asked.shared = chance(50);
  asked.timed = !asked.shared && chance(30);
  asked.vram = static_cast<mib>(512 + random(chance(80) ? 6000 : 30'000));
  asked.devices = chance(70) ? 1 : static_cast<uint32_t>(1 + random(4));
  asked.priority = chance(70) ? 0 : random(7) - 3;
  asked.ttl = std::chrono::seconds{5 + random(30)};
  asked.max_duration = std::chrono::seconds{5 + random(chance(70) ? 60 : 600)};
  asked.patience = chance(50) ? duration{0} : duration{60s};
  apply(events::requested{asked});
  if (refusal_)
    return;
  if (ended_.contains(accepted_) || holders_.contains(accepted_)) {
    if (asked.key.empty())
      violate("a new request is an old one");
    return;
  }
  holders_[accepted_] = {.asked = asked,
                         .token = {},
                         .is_named = chance(60),
                         .is_opaque =
                           !asked.shared && chance(10), // with co-tenants nobody could tell whose memory is left
                         .renews = chance(90),
                         .obeys = chance(85),
                         .leaks = is_rough() && random(60) == 0,
                         .has_allocated = false,
                         .has_loaded = false,
                         .renewed_at = now_};
  asked_at_[accepted_] = now_;
  if (const auto* held = ledger_.find(accepted_)) // outputs came before the holder was known
    holders_[accepted_].token = held->token;
}

lease_id ledger_world::any_active() {
  std::vector<lease_id> found;
  for (const auto* each : ledger_.held_leases())
    if (each->state == LeaseState::ACTIVE)
      found.push_back(each->id);
  return found.empty() ? lease_id{} : found[static_cast<size_t>(random(static_cast<int>(found.size())))];
}

void ledger_world::allocate(lease_id id) {
  auto& who = holders_[id];
  if (std::exchange(who.has_allocated, true))
    return;
  for (const auto& each : ledger_.find(id)->devices) {
    if (devices_[index_of(each.device)].simulated)
      continue;
    auto most = each.charge;
    if (is_rough() && random(100) == 0 && who.is_named && !who.is_opaque) {
      most += 1000; // more than it leased
      is_failing_ = true;
    }
    auto used = most < 10 ? most : most - static_cast<mib>(random(static_cast<int>(most / 2)));
    allocations_.push_back({id, index_of(each.device), used});
  }
}

void ledger_world::renew() {
  for (const auto* each : ledger_.held_leases()) {
    if (each->state != LeaseState::ACTIVE || !violation_.empty())
      continue;
    auto id = each->id;
    auto& who = holders_[id];
    if (!who.renews && chance(50))
      continue;
    allocate(id);
    bool has_loaded = chance(50);
    apply(events::renewed{id, who.token, has_loaded, who.is_named});
    bool is_active = ledger_.find(id)->state == LeaseState::ACTIVE;
    if (refusal_ && is_active)
      violate("an active lease is not renewed with its token");
    if (is_active && holders_.contains(id)) {
      holders_[id].renewed_at = now_;
      holders_[id].has_loaded |= has_loaded;
    }
    return;
  }
}

void ledger_world::release() {
  auto id = any_active();
  if (chance(20)) {
    auto waiting = ledger_.waiting_leases();
    if (!waiting.empty())
      apply(events::released{waiting[static_cast<size_t>(random(static_cast<int>(waiting.size())))]->id, {}});
    return;
  }
  if (id == lease_id{})
    return;
  allocate(id);
  auto token = holders_[id].token;
  if (chance(50))
    end_processes(id);
  apply(chance(80) ? event{events::released{id, token}} : event{events::holder_ended{id}});
  end_processes(id);
  if (ledger_.find(id)->state != LeaseState::ENDED && chance(80))
    apply(events::processes_ended{id});
}

/// Something happens to a lease on its way to its end.
void ledger_world::end_twice() {
  auto held = ledger_.held_leases();
  if (held.empty())
    return;
  auto id = held[static_cast<size_t>(random(static_cast<int>(held.size())))]->id;
  switch (random(3)) {
  case 0:
    return apply(events::holder_ended{id});
  case 1:
    return apply(events::revoked{id, "because", chance(50)});
  default:
    end_processes(id);
    return apply(events::processes_ended{id});
  }
}

/// Tokens that are not the lease's.
void ledger_world::misuse() {
  if (chance(20))
    return end_twice();
  auto id = any_active();
  if (id == lease_id{})
    return;
  auto wrong = holders_[id].token;
  if (chance(50))
    --wrong.sequence;
  else
    ++wrong.epoch;
  apply(chance(50) ? event{events::renewed{id, wrong, false, false}} : event{events::released{id, wrong}});
  if (refusal_ != ec::forbidden && ledger_.find(id)->state == LeaseState::ACTIVE)
    violate("a wrong token is accepted");
}

/// The same request again.
void ledger_world::repeat() {
  if (!with_keys_.empty() && chance(30)) {
    auto [first, asked] = with_keys_[static_cast<size_t>(random(static_cast<int>(with_keys_.size())))];
    apply(events::requested{asked});
    if (refusal_ || accepted_ != first)
      violate("a request that is repeated after its end is not the same lease");
    return;
  }
  for (const auto& [id, who] : holders_)
    if (!who.asked.key.empty() && chance(30)) {
      auto first = id;
      apply(events::requested{who.asked});
      if (refusal_ || accepted_ != first)
        violate("a repeated request is not the same lease");
      return;
    }
}

void ledger_world::operate() {
  if (chance(50)) {
    auto id = any_active();
    if (id != lease_id{})
      apply(events::revoked{id, "because", chance(30)});
    return;
  }
  for (size_t i = 0; i < ledger_.devices().size(); ++i)
    if (ledger_.devices()[i].is_quarantined() && chance(30))
      return apply(events::cleared{ledger_.devices()[i].uuid()});
}

// -- what happens to the machine ------------------------------------------------------

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

// -- what the ledger does ---------------------------------------------------------------

void ledger_world::apply(const event& what) {
  refusal_.reset();
  accepted_ = {};
  if (std::exchange(is_asleep_, false))
    woken_at_ = now_;
  log_.emplace_back(what, now_);
  outputs_.push_back(ledger_.apply(what, now_));
  std::set<lease_id> changed; // an output says how a lease is now, so a second one says nothing
  for (const auto& each : std::vector{outputs_.back()})
    if (each.what != output::kind::changed || changed.insert(each.id).second)
      take(each);
  if (!tokens_.empty())
    last_token_ = *tokens_.rbegin();
  if (auto broken = audit{ledger_}.find_violation(); !broken.empty())
    violate(broken);
  for (const auto* held : ledger_.held_leases())
    if (!is_restoring_)
      check_times(*held);
  check_capacity();
  check_bounds();
}

void ledger_world::take(const output& what) {
  switch (what.what) {
  case output::kind::accepted:
    accepted_ = what.id;
    return;
  case output::kind::refused:
    refusal_ = what.code;
    return;
  case output::kind::changed:
    return on_changed(what.id);
  case output::kind::ask:
    if (holders_.contains(what.id) && holders_[what.id].obeys)
      end_processes(what.id);
    return;
  case output::kind::kill:
    return end_processes(what.id);
  case output::kind::device:
    if (!is_rough() && ledger_.devices()[devices_by_uuid(what.text)].is_quarantined())
      violate("device " + what.text + " is quarantined although all memory comes back");
    last_failure_ = now_;
    return;
  }
}

void ledger_world::on_changed(lease_id id) {
  const auto* found = ledger_.find(id);
  if (!found)
    return violate("an output names lease " + std::to_string(id.value) + ", which is unknown");
  if (found->state == LeaseState::ENDED)
    return on_ended(*found);
  std::vector<std::string> uuids;
  for (const auto& each : found->devices)
    uuids.push_back(ledger_.devices()[each.device].uuid());
  check_outcome(*found);
  bool was_active = stored_.contains(id) && stored_[id].first.state == LeaseState::ACTIVE;
  stored_[id] = {*found, uuids};
  if (found->state == LeaseState::QUEUED)
    check_promise(*found);
  if (found->state == LeaseState::ACTIVE && holders_.contains(id) && pending_.contains(id)) {
    pending_.erase(id);
    holders_[id].renewed_at = now_;
  }
  if (was_active && found->outcome == LeaseOutcome::EXPIRED && now_ < expiry_of(*found))
    violate("lease " + std::to_string(id.value) + " has expired too early");
  if (found->state == LeaseState::RESERVED && !open_.contains(id))
    on_granted(*found);
  if (found->state == LeaseState::DRAINING && !found->has_processes)
    end_processes(id);
}

void ledger_world::on_granted(const lease& held) {
  ++grants_;
  if (held.token <= last_token_ || !tokens_.insert(held.token).second)
    violate("token " + std::to_string(held.token.sequence) + " was used before");
  check_room(held);
  check_turn(held);
  check_loading(held);
  if (auto made = promises_.find(held.id); made != promises_.end()) {
    if (now_ > made->second.at && must_hold(made->second))
      violate("a promise was broken by " + std::to_string((now_ - made->second.at) / 1ms) + " ms");
    ++kept_promises_;
    promises_.erase(made);
  }
  open_.insert(held.id);
  pending_.insert(held.id);
  if (holders_.contains(held.id))
    holders_[held.id].token = held.token;
}

void ledger_world::on_ended(const lease& ended) {
  if (!ended_.insert(ended.id).second)
    violate("lease " + std::to_string(ended.id.value) + " ended twice");
  if (auto who = holders_.find(ended.id); who != holders_.end() && !who->second.asked.key.empty()) {
    with_keys_.emplace_back(ended.id, who->second.asked);
    if (with_keys_.size() > options_.max_ended / 16)
      with_keys_.erase(with_keys_.begin());
  }
  asked_at_.erase(ended.id);
  check_outcome(ended);
  ++outcome_counts_[ended.outcome];
  stored_.erase(ended.id);
  end_processes(ended.id);
  holders_.erase(ended.id);
  open_.erase(ended.id);
  promises_.erase(ended.id);
  had_promise_.erase(ended.id);
}

/// Nothing has failed since it was made.
bool ledger_world::must_hold(const promise_made& what) const {
  return !is_failing_ && !is_unclear_ && last_failure_ < what.made_at;
}

size_t ledger_world::devices_by_uuid(const std::string& uuid) const {
  return static_cast<size_t>(std::ranges::find(ledger_.devices(), uuid, &device_account::uuid) -
                             ledger_.devices().begin());
}

size_t ledger_world::index_of(size_t ledger_device) const {
  return std::stoul(ledger_.devices()[ledger_device].uuid().substr(4));
}

} // namespace hive::gpu::testing
