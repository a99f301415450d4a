// Which request the ledger grants next.

#include "gpu/ledger/ledger.hpp"

#include <algorithm>

namespace hive::gpu {

using wire::LeaseState;

placement ledger::place_now() const {
  return {devices_, now_, host_free_by(), options_};
}

instant ledger::host_free_by() const {
  return timed_ ? free_by(*find(*timed_)) : instant{0};
}

const waiting* ledger::find_head() const {
  if (pinned_)
    return &*pinned_;
  return queue_.empty() ? nullptr : &*queue_.begin();
}

/// Grants heads of the queue while they fit. What the first that does not fit is promised, others may not delay.
void ledger::grant_what_fits() {
  scanned_to_.reset();
  if (grant_heads()) {
    promise();
    backfill();
  }
  is_dirty_ = false; // grants make nothing else possible
}

/// A request that has just come. Nothing else can start now that could not before.
void ledger::consider(const waiting& arrived) {
  if (find_head()->id == arrived.id || !pinned_) {
    is_dirty_ = true;
    return;
  }
  if (scanned_to_ && !by_turn{}(arrived, *scanned_to_))
    return;
  auto where = place_beside_head().place_beside(try_now(arrived));
  if (!where)
    return;
  grant(waiting{arrived}, *where);
  is_dirty_ = false; // a grant makes nothing else possible
}

/// Whether requests are left.
bool ledger::grant_heads() {
  while (const auto* head = find_head()) {
    auto where = place_now().place(head->what);
    if (!where)
      return true;
    grant(waiting{*head}, *where);
  }
  has_failed_ = false;
  return false;
}

void ledger::promise() {
  auto head = *find_head();
  auto& request = *find_mutable(head.id);
  auto start = place_now().latest_start(head.what);
  bool may_be_later = std::exchange(has_failed_, false) || !request.promised_at || !start;
  if (start)
    pinned_ = head;
  if (request.promised_at == start || (!may_be_later && *start > *request.promised_at))
    return;
  request.promised_at = start; // nothing while its devices are out: one that was made is void then
  report(output::kind::changed, head.id);
}

/// Of the present moment, with the promise to the head.
placement ledger::place_beside_head() const {
  auto out = place_now();
  if (pinned_)
    if (auto promise = find(pinned_->id)->promised_at)
      out.keep(pinned_->what, *promise);
  return out;
}

void ledger::backfill() {
  std::optional place{place_beside_head()};
  auto head = find_head()->id;
  size_t scanned = 0;
  for (auto each = queue_.begin(); each != queue_.end() && !place->is_full();) {
    if (scanned >= options_.scan_depth) {
      scanned_to_ = *each;
      return;
    }
    auto next = std::next(each); // granting takes it out of the queue
    if (each->id != head) {
      ++scanned;
      if (auto where = place->place_beside(try_now(*each))) {
        grant(waiting{*each}, *where);
        place.emplace(place_beside_head());
      }
    }
    each = next;
  }
}

trial ledger::try_now(const waiting& candidate) const {
  return {candidate.what, now_ + candidate.max_duration + time_to_free(),
          candidate.what.shared ? now_ + options_.load_limit + options_.lateness : now_};
}

void ledger::grant(const waiting& chosen, const device_set& where) {
  auto& held = *find_mutable(chosen.id);
  leave_queue(held);
  held.token = {options_.epoch, ++sequence_};
  held.granted_at = now_;
  held.ends_at = now_ + held.asked.max_duration;
  held.ready = !held.asked.shared;
  held.state = LeaseState::RESERVED;
  held_.push_back(held.id);
  auto place = place_now();
  for (auto index : where.view()) {
    auto charge = place.charge_on(chosen.what, index);
    held.devices.push_back({index, charge});
    devices_[index].add({held.id, charge, free_by(held)}, !held.asked.shared);
    if (held.asked.shared)
      devices_[index].set_loading(now_ + options_.load_limit);
  }
  if (held.asked.timed)
    timed_ = held.id;
  enter(held, LeaseState::RESERVED);
  report(output::kind::changed, held.id);
}

/// The next shared lease may start on its devices.
void ledger::end_loading(lease& held) {
  if (std::exchange(held.ready, true) || held.devices.empty())
    return;
  for (const auto& each : held.devices)
    if (auto& device = devices_[each.device]; device.loading_until() == held.granted_at + options_.load_limit)
      device.set_loading(now_); // it is not another one that loads
  is_dirty_ = true;
}

std::optional<instant> ledger::expected_start(lease_id id) const {
  const auto* request = find(id);
  if (!request || request->state != LeaseState::QUEUED)
    return std::nullopt;
  if (request->promised_at)
    return request->promised_at;
  return place_now().latest_start(demand_of(request->asked));
}

} // namespace hive::gpu
