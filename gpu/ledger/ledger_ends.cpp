// The ways of a lease to its end.

#include "gpu/ledger/ledger.hpp"

#include <algorithm>

namespace hive::gpu {

using wire::LeaseOutcome;
using wire::LeaseState;

void ledger::on(const events::stored& what) {
  auto* held = find_mutable(what.id);
  if (!held || held->state != LeaseState::RESERVED)
    return;
  held->expires_at = std::min(now_ + held->asked.ttl, held->ends_at);
  enter(*held, LeaseState::ACTIVE);
  report(output::kind::changed, held->id);
}

void ledger::on(const events::not_stored& what) {
  auto* held = find_mutable(what.id);
  if (!held || held->state != LeaseState::RESERVED)
    return;
  held->reason = what.reason;
  give_back(*held);
  finish(*held, LeaseOutcome::NOT_STORED);
}

void ledger::on(const events::renewed& what) {
  auto* held = find_holding(what.id, what.token);
  if (!held)
    return;
  bool is_news = what.has_processes && !std::exchange(held->has_processes, true);
  if (held->state == LeaseState::ACTIVE) {
    held->expires_at = std::min(now_ + held->asked.ttl, held->ends_at);
    is_news = is_news || (what.ready && !held->ready);
    if (what.ready)
      end_loading(*held);
  } else {
    refuse(what.id, ec::conflict, held->reason.empty() ? "the lease is ending" : held->reason);
  }
  if (is_news)
    report(output::kind::changed, held->id);
}

void ledger::on(const events::released& what) {
  if (auto* request = find_mutable(what.id); request && request->state == LeaseState::QUEUED)
    return end_waiting(*request, LeaseOutcome::CANCELLED, "withdrawn");
  if (auto* granted = find_mutable(what.id); granted && granted->state == LeaseState::RESERVED) {
    granted->reason = "withdrawn";
    give_back(*granted);
    return finish(*granted, LeaseOutcome::CANCELLED);
  }
  auto* held = find_holding(what.id, what.token);
  if (!held)
    return;
  if (held->state == LeaseState::ACTIVE)
    held->outcome = LeaseOutcome::RELEASED;
  if (held->state == LeaseState::ACTIVE && held->has_processes) {
    enter(*held, LeaseState::RELEASING);
    return report(output::kind::changed, held->id);
  }
  if (!held->has_processes && held->state < LeaseState::DRAINING)
    start_draining(*held);
}

void ledger::on(const events::revoked& what) {
  auto* held = find_mutable(what.id);
  if (!held)
    return refuse(what.id, find(what.id) ? ec::conflict : ec::not_found,
                  find(what.id) ? "the lease has ended" : "no such lease");
  if (held->state == LeaseState::QUEUED)
    return end_waiting(*held, LeaseOutcome::REVOKED, what.reason);
  take_away(*held, LeaseOutcome::REVOKED, what.reason, what.at_once);
}

void ledger::on(const events::holder_ended& what) {
  auto* held = find_mutable(what.id);
  if (!held)
    return;
  if (held->state == LeaseState::QUEUED)
    return end_waiting(*held, LeaseOutcome::HOLDER_GONE, "who asked for it is gone");
  if (held->outcome == LeaseOutcome::OPEN) {
    held->outcome = LeaseOutcome::HOLDER_GONE;
    held->reason = "its holder is gone";
  }
  if (held->state >= LeaseState::DRAINING)
    return;
  if (!held->has_processes)
    return start_draining(*held);
  if (held->state != LeaseState::KILLING)
    start_killing(*held);
}

void ledger::on(const events::processes_ended& what) {
  auto* held = find_mutable(what.id);
  if (!held)
    return;
  held->has_processes = false;
  if (held->state == LeaseState::RELEASING || held->state == LeaseState::KILLING || held->state == LeaseState::REVOKING)
    start_draining(*held);
}

/// Ends a lease against its holder's will.
void ledger::take_away(lease& held, LeaseOutcome outcome, std::string reason, bool at_once) {
  if (held.state >= LeaseState::RELEASING || held.state == LeaseState::KILLING)
    return;
  if (held.outcome == LeaseOutcome::OPEN) {
    held.outcome = outcome;
    held.reason = std::move(reason);
  }
  if (at_once)
    return start_killing(held);
  if (held.state == LeaseState::REVOKING)
    return;
  enter(held, LeaseState::REVOKING);
  report(output::kind::changed, held.id);
  report(output::kind::ask, held.id, held.reason);
}

void ledger::start_killing(lease& held) {
  enter(held, LeaseState::KILLING);
  report(output::kind::changed, held.id);
  report(output::kind::kill, held.id, held.reason);
}

void ledger::start_draining(lease& held) {
  if (timed_ == held.id) {
    timed_.reset();
    is_dirty_ = true;
  }
  enter(held, LeaseState::DRAINING);
  for (auto& each : held.devices)
    if (auto* claimed = devices_[each.device].find(held.id))
      claimed->is_draining = true;
  give_back(held);
  if (std::ranges::all_of(held.devices, &holding::drained))
    return finish(held, held.outcome);
  report(output::kind::changed, held.id);
}

/// Gives back what has been seen free; of a grant that was not stored, all.
void ledger::give_back(lease& held) {
  for (auto& each : held.devices) {
    auto& device = devices_[each.device];
    if (each.drained || (held.state == LeaseState::DRAINING && !device.has_drained(held.id, held.since, options_)))
      continue;
    device.remove(held.id);
    each.drained = true;
    is_dirty_ = true;
  }
}

/// The rest of its memory has not been seen free in time.
void ledger::quarantine_rest(lease& held) {
  for (auto& each : held.devices) {
    if (each.drained)
      continue;
    auto& device = devices_[each.device];
    device.quarantine(held.id);
    each.drained = true;
    held.reason += (held.reason.empty() ? "" : "; ") + std::to_string(each.charge) + " MiB of device " + device.uuid() +
                   " did not come back";
    report(output::kind::device, {}, device.uuid());
  }
  has_failed_ = true;
  is_dirty_ = true;
  finish(held, held.outcome);
  refuse_infeasible();
}

void ledger::finish(lease& held, LeaseOutcome outcome) {
  end_loading(held);
  held.outcome = outcome;
  held.state = LeaseState::ENDED;
  held.since = now_;
  held.ended_at = now_;
  if (timed_ == held.id)
    timed_.reset();
  report(output::kind::changed, held.id);
  remember(held);
}

} // namespace hive::gpu
