#include "gpu/ledger/ledger.hpp"

#include <algorithm>

namespace hive::gpu {
namespace {

using wire::GpuAvailability;
using wire::LeaseOutcome;
using wire::LeaseState;

/// Of a holder and a key, neither of which has a NUL.
std::string joined(const std::string& holder, const std::string& key) {
  return holder + '\0' + key;
}

mib charge_of(const lease_request& asked) {
  return asked.vram * asked.devices;
}

} // namespace

ledger::ledger(ledger_options options) : options_{options} {
}

const std::vector<output>& ledger::apply(const event& what, instant now) {
  outputs_.clear();
  auto gap = now - now_;
  bool is_first = now_ == instant{0};
  now_ = std::max(now, now_);
  if (!is_first && gap > options_.suspend_gap)
    survive_suspension();
  fire_deadlines();
  std::visit([this](const auto& each) { on(each); }, what);
  if (is_dirty_)
    grant_what_fits();
  return outputs_;
}

// -- questions --------------------------------------------------------------------

const lease* ledger::find(lease_id id) const {
  if (auto found = leases_.find(id); found != leases_.end())
    return &found->second;
  auto ended = std::ranges::find(ended_, id, &lease::id);
  return ended == ended_.end() ? nullptr : &*ended;
}

const lease* ledger::find(const std::string& holder, const std::string& key) const {
  auto found = keys_.find(joined(holder, key));
  return found == keys_.end() ? nullptr : find(found->second);
}

std::vector<const lease*> ledger::waiting_leases() const {
  std::vector<const lease*> out;
  if (pinned_)
    out.push_back(find(pinned_->id));
  for (const auto& each : queue_)
    if (!pinned_ || each.id != pinned_->id)
      out.push_back(find(each.id));
  return out;
}

std::vector<const lease*> ledger::held_leases() const {
  std::vector<const lease*> out;
  for (auto id : held_)
    out.push_back(find(id));
  return out;
}

const lease* ledger::head() const {
  return pinned_ ? find(pinned_->id) : nullptr;
}

// -- requests ---------------------------------------------------------------------

void ledger::on(const events::requested& what) {
  const auto& asked = what.what;
  if (!asked.key.empty())
    if (const auto* known = find(asked.holder, asked.key)) {
      if (known->asked.vram != asked.vram || known->asked.devices != asked.devices ||
          known->asked.shared != asked.shared || known->asked.timed != asked.timed)
        return refuse(known->id, ec::conflict, "the key " + asked.key + " belongs to a request for something else");
      return report(output::kind::accepted, known->id);
    }
  if (auto fault = find_fault(asked); !fault.empty())
    return refuse({}, ec::invalid, std::move(fault));
  if (!place_now().is_feasible(demand_of(asked)))
    return refuse({}, ec::unsupported, describe_infeasible(asked));
  auto known = holders_.find(asked.holder);
  auto use = known == holders_.end() ? holder_use{} : known->second;
  if (queue_.size() >= options_.max_queued)
    return refuse({}, ec::overloaded, std::to_string(queue_.size()) + " requests for GPUs wait already");
  if (use.queued >= options_.max_queued_of_holder)
    return refuse({}, ec::overloaded,
                  std::to_string(use.queued) + " requests for GPUs of " + asked.holder + " wait already");
  if (options_.max_mib_of_holder > 0 && use.outstanding + charge_of(asked) > options_.max_mib_of_holder)
    return refuse({}, ec::overloaded,
                  asked.holder + " would have more than its " + std::to_string(options_.max_mib_of_holder) +
                    " MiB, waiting requests included");
  ++counter_;
  auto id = newest();
  auto& request = leases_[id];
  request.id = id;
  request.asked = asked;
  request.requested_at = now_;
  request.since = now_;
  holders_[asked.holder].outstanding += charge_of(asked);
  if (!asked.key.empty())
    remember_key(request);
  report(output::kind::accepted, id);
  enqueue(request);
}

void ledger::enqueue(lease& request) {
  ++holders_[request.asked.holder].queued;
  if (request.asked.patience > duration{0})
    request.expires_at = now_ + request.asked.patience;
  schedule_deadline(request);
  auto entry = entry_of(request, options_);
  queue_.insert(entry);
  report(output::kind::changed, request.id);
  if (!is_dirty_)
    consider(entry);
}

std::string ledger::find_fault(const lease_request& asked) const {
  if (asked.vram == 0)
    return "a lease has at least 1 MiB";
  if (asked.devices == 0 || asked.devices > max_gang)
    return "a lease has 1 to " + std::to_string(max_gang) + " devices, not " + std::to_string(asked.devices);
  if (asked.max_duration <= duration{0} || asked.max_duration > options_.max_duration)
    return "a lease lasts longer than 0 and at most " +
           std::to_string(options_.max_duration / std::chrono::seconds{1}) + " s";
  if (asked.ttl <= duration{0})
    return "a lease has a ttl above 0";
  if (asked.timed && asked.shared)
    return "a timed lease has its devices to itself";
  return {};
}

std::string ledger::describe_infeasible(const lease_request& asked) const {
  std::vector<mib> sizes;
  for (const auto& each : devices_)
    if (!each.is_out() && !each.is_quarantined())
      sizes.push_back(each.usable());
  std::ranges::sort(sizes, std::greater{});
  auto wanted = std::to_string(asked.vram) + " MiB";
  if (sizes.empty())
    return "no GPU of this node can be leased";
  if (asked.devices > sizes.size())
    return std::to_string(asked.devices) + " devices are more than the " + std::to_string(sizes.size()) +
           " of this node that can be leased";
  if (asked.devices == 1)
    return wanted + " are more than any device of this node has: " + std::to_string(sizes.front()) + " MiB";
  return std::to_string(asked.devices) + " devices of " + wanted + " are more than this node has";
}

void ledger::on(const events::polled& what) {
  auto* request = find_mutable(what.id);
  if (!request || request->state != LeaseState::QUEUED)
    return;
  if (request->asked.patience > duration{0})
    request->expires_at = now_ + request->asked.patience;
}

void ledger::leave_queue(lease& request) {
  auto entry = entry_of(request, options_);
  bool is_head = pinned_ && pinned_->id == request.id;
  bool was_in_reach = scanned_to_ && !by_turn{}(*scanned_to_, entry);
  queue_.erase(entry);
  --holders_[request.asked.holder].queued;
  if (is_head)
    pinned_.reset();
  // Another one is the head now, or within reach of a pass.
  is_dirty_ = is_dirty_ || is_head || was_in_reach;
}

void ledger::end_waiting(lease& request, LeaseOutcome outcome, std::string reason) {
  leave_queue(request);
  request.reason = std::move(reason);
  finish(request, outcome);
}

void ledger::refuse(lease_id id, ec code, std::string text) {
  outputs_.push_back({output::kind::refused, id, code, std::move(text)});
}

lease* ledger::find_mutable(lease_id id) {
  auto found = leases_.find(id);
  return found == leases_.end() ? nullptr : &found->second;
}

/// The active lease with this token; otherwise refuses the event.
lease* ledger::find_holding(lease_id id, const lease_token& token) {
  auto* held = find_mutable(id);
  if (!held) {
    const auto* ended = find(id);
    refuse(id, ended ? ec::conflict : ec::not_found, ended ? "the lease has ended" : "no such lease");
    return nullptr;
  }
  if (held->state == LeaseState::QUEUED || held->state == LeaseState::RESERVED) {
    refuse(id, ec::conflict, "the lease has not been granted yet");
    return nullptr;
  }
  if (held->token != token) {
    refuse(id, ec::forbidden, "the token is not that of the lease");
    return nullptr;
  }
  return held;
}

/// Moves it from the leases to the ended ones. The reference is void afterwards.
void ledger::remember(lease& ended) {
  auto id = ended.id;
  std::erase(held_, id);
  auto use = holders_.find(ended.asked.holder);
  use->second.outstanding -= charge_of(ended.asked);
  if (use->second.queued == 0 && use->second.outstanding == 0)
    holders_.erase(use);
  ended_.push_back(std::move(ended));
  leases_.erase(id);
  if (ended_.size() <= options_.max_ended)
    return;
  const auto& oldest = ended_.front();
  if (auto found = keys_.find(joined(oldest.asked.holder, oldest.asked.key));
      found != keys_.end() && found->second == oldest.id)
    keys_.erase(found);
  ended_.pop_front();
}

void ledger::remember_key(const lease& request) {
  keys_[joined(request.asked.holder, request.asked.key)] = request.id;
}

// -- time ---------------------------------------------------------------------------

/// Nobody could renew while the machine slept: everybody gets one renewal period, which is a third of the ttl.
void ledger::survive_suspension() {
  has_failed_ = true;
  for (auto& [id, each] : leases_) {
    if (each.state == LeaseState::ACTIVE)
      each.expires_at = std::min(std::max(each.expires_at, now_ + each.asked.ttl / 3), each.ends_at);
    else if (each.state == LeaseState::QUEUED && each.asked.patience > duration{0})
      each.expires_at = std::max(each.expires_at, now_ + each.asked.patience / 3);
  }
}

void ledger::fire_deadlines() {
  while (auto due = deadlines_.take(now_)) {
    auto* found = find_mutable(due->second);
    if (!found || found->scheduled_at != due->first)
      continue; // ended, or an earlier entry has taken its place
    has_failed_ = has_failed_ || now_ - due->first > options_.lateness;
    found->scheduled_at.reset();
    if (deadline_of(*found) > now_)
      schedule_deadline(*found);
    else
      on_deadline(*found);
  }
}

void ledger::on_deadline(lease& due) {
  switch (due.state) {
  case LeaseState::QUEUED:
    return end_waiting(due, LeaseOutcome::HOLDER_GONE, "nobody asked for it any more");
  case LeaseState::ACTIVE:
    if (due.ends_at <= now_)
      return take_away(due, LeaseOutcome::OVERDUE, "it has reached its longest duration", false);
    if (due.expires_at <= now_)
      return take_away(due, LeaseOutcome::EXPIRED, "its holder has not renewed it", false);
    end_loading(due); // it has lasted long enough
    return schedule_deadline(due);
  case LeaseState::REVOKING:
  case LeaseState::RELEASING:
    return start_killing(due);
  case LeaseState::KILLING:
    return start_draining(due);
  case LeaseState::DRAINING:
    return quarantine_rest(due);
  case LeaseState::RESERVED:
    if (due.ends_at > now_) {
      end_loading(due);
      return schedule_deadline(due);
    }
    due.reason = "the store did not answer";
    give_back(due);
    return finish(due, LeaseOutcome::NOT_STORED);
  case LeaseState::ENDED:
    return;
  }
}

/// When something happens to it without any event.
instant ledger::deadline_of(const lease& what) const {
  switch (what.state) {
  case LeaseState::QUEUED:
    return what.asked.patience > duration{0} ? what.expires_at : instant::max();
  case LeaseState::RESERVED:
  case LeaseState::ACTIVE: {
    auto out = what.state == LeaseState::ACTIVE ? std::min(what.expires_at, what.ends_at) : what.ends_at;
    return what.ready ? out : std::min(out, what.granted_at + options_.load_limit);
  }
  case LeaseState::REVOKING:
  case LeaseState::RELEASING:
    return what.since + options_.ask_grace;
  case LeaseState::KILLING:
    return what.since + options_.kill_limit;
  case LeaseState::DRAINING:
    return what.since + options_.drain_limit;
  case LeaseState::ENDED:
    break;
  }
  return instant::max();
}

/// When its memory is free or quarantined, at the latest.
instant ledger::free_by(const lease& held) const {
  auto to_drain = options_.drain_limit + options_.lateness;
  auto to_end = options_.kill_limit + options_.lateness + to_drain;
  switch (held.state) {
  case LeaseState::DRAINING:
    return held.since + to_drain;
  case LeaseState::KILLING:
    return held.since + to_end;
  case LeaseState::REVOKING:
  case LeaseState::RELEASING:
    return held.since + options_.ask_grace + options_.lateness + to_end;
  default:
    return held.ends_at + time_to_free();
  }
}

/// From the end of a lease that its holder does not give back to its memory being free or quarantined. Each of the four
/// steps may begin late.
duration ledger::time_to_free() const {
  return options_.ask_grace + options_.kill_limit + options_.drain_limit + 4 * options_.lateness;
}

void ledger::enter(lease& held, LeaseState state) {
  if (state > LeaseState::ACTIVE) {
    end_loading(held);
    is_dirty_ = true; // the head may need fewer of the others' devices, now that this one ends earlier
  }
  held.state = state;
  held.since = now_;
  for (const auto& each : held.devices)
    if (auto* claimed = devices_[each.device].find(held.id))
      claimed->free_by = free_by(held);
  schedule_deadline(held);
}

void ledger::schedule_deadline(lease& what) {
  auto at = deadline_of(what);
  if (at == instant::max() || (what.scheduled_at && *what.scheduled_at <= at))
    return;
  what.scheduled_at = at;
  deadlines_.add(at, what.id);
  if (deadlines_.size() > 4 * leases_.size() + max_stale_deadlines)
    forget_stale_deadlines();
}

/// Those of leases that have ended, or that are looked at earlier. Some are due after days.
void ledger::forget_stale_deadlines() {
  deadlines_ = {};
  for (const auto& [id, each] : leases_)
    if (each.scheduled_at)
      deadlines_.add(*each.scheduled_at, id);
}

void ledger::report(output::kind what, lease_id id, std::string text) {
  outputs_.push_back({what, id, ec::none, std::move(text)});
}

} // namespace hive::gpu
