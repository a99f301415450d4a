#include "tests/gpu/ledger/ledger_world.hpp"

#include <algorithm>

namespace hive::gpu::testing {
namespace {

using namespace std::chrono_literals;
using wire::LeaseOutcome;
using wire::LeaseState;

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
    allocations_.push_back({id, index_of(each.device), each.charge, used});
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
