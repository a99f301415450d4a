#include "gpu/ledger/device_account.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace hive::gpu {
namespace {

using wire::GpuAvailability;

/// a − b, or 0.
mib less(mib a, mib b) {
  return a > b ? a - b : 0;
}

} // namespace

// -- what there is ----------------------------------------------------------------

GpuAvailability device_account::state_at(instant now, const ledger_options& options) const {
  if (is_out())
    return seen_.state;
  if (is_quarantined_)
    return GpuAvailability::QUARANTINED;
  if (seen_.simulated)
    return GpuAvailability::OK;
  bool is_fresh = observed_at_ && now - *observed_at_ <= options.stale_after;
  return is_fresh ? seen_.state : GpuAvailability::UNKNOWN;
}

std::string device_account::reason_at(instant now, const ledger_options& options) const {
  switch (state_at(now, options)) {
  case GpuAvailability::OK:
    return {};
  case GpuAvailability::QUARANTINED:
    return quarantined_ > 0 ? std::to_string(quarantined_) + " MiB of an ended lease have not come back"
                            : "it was lost while it was leased, and has not been seen idle since";
  case GpuAvailability::UNKNOWN:
    return seen_.state == GpuAvailability::UNKNOWN && !seen_.reason.empty() ? seen_.reason
                                                                            : "it has not been observed lately";
  default:
    return seen_.reason;
  }
}

mib device_account::usable() const {
  return less(seen_.total, seen_.reserved + std::min(idle_driver_, most_of_idle_driver));
}

mib device_account::attainable() const {
  return less(seen_.total, seen_.reserved + foreign());
}

bool device_account::is_out() const {
  return seen_.state == GpuAvailability::LOST || seen_.state == GpuAvailability::REFUSED;
}

// -- claims -----------------------------------------------------------------------

void device_account::add(const claim& what, bool exclusive) {
  // A claim from the store may come before the first observation of its device.
  seen_.total = std::max(seen_.total, leased_ + quarantined_ + what.charge);
  claims_.push_back(what);
  leased_ += what.charge;
  exclusive_ = exclusive;
  balance();
}

void device_account::remove(lease_id id) {
  auto found = std::ranges::find(claims_, id, &claim::lease);
  if (found == claims_.end())
    return;
  leased_ -= found->charge;
  claims_.erase(found);
  exclusive_ = exclusive_ && !claims_.empty();
  balance();
}

/// The parts come to the total. What is leased goes before what others are seen to use.
void device_account::balance() {
  auto left = seen_.total - leased_ - quarantined_;
  reserved_ = std::min(seen_.reserved, left);
  foreign_ = std::min(others_, left - reserved_);
  free_ = left - reserved_ - foreign_;
}

claim* device_account::find(lease_id id) {
  auto found = std::ranges::find(claims_, id, &claim::lease);
  return found == claims_.end() ? nullptr : &*found;
}

void device_account::quarantine(lease_id id) {
  if (const auto* what = find(id)) {
    quarantined_ += what->charge;
    remove(id);
  }
  others_ = find_foreign();
  balance();
  distrust();
}

void device_account::end_quarantine() {
  is_quarantined_ = false;
  quarantined_ = 0;
  idle_seen_ = 0;
  idle_driver_ = used_by_nobody(); // what is left belongs to others from now on
  others_ = find_foreign();
  balance();
}

// -- observations -----------------------------------------------------------------

void device_account::observe(const sighting& what, instant taken_at) {
  bool was_out = is_out();
  auto before = std::exchange(seen_, what);
  if (what.state == GpuAvailability::OK)
    observed_at_ = taken_at;
  else
    std::tie(seen_.total, seen_.reserved) = std::tie(before.total, before.reserved); // they still describe it
  seen_.total = std::max(seen_.total, leased_ + quarantined_);
  for (auto& each : claims_)
    each.is_attributed = each.is_attributed || was_seen(each.lease);
  if (was_out && !is_out() && !claims_.empty())
    distrust();
  if (what.state == GpuAvailability::OK) {
    learn_idle();
    others_ = find_foreign();
  }
  balance();
}

/// Memory of others: of processes without a lease, and of no process at all. What a lease is charged with and was not
/// seen to use may be of no process too: it lingers after processes have ended.
mib device_account::find_foreign() const {
  mib unnamed = 0;
  mib unused = 0;
  for (const auto& each : claims_)
    (each.is_attributed ? unused : unnamed) += less(each.charge, used_by(each.lease));
  // Processes of a lease that has not named them are seen as foreign ones.
  auto processes = std::max(std::min(settled_foreign_, seen_.foreign), less(seen_.foreign, unnamed));
  unused += less(unnamed, seen_.foreign - processes);
  auto nobodys = used_by_nobody();
  return processes + std::min(nobodys, idle_driver_) + less(nobodys, idle_driver_ + unused);
}

/// Memory that belongs to no process.
mib device_account::used_by_nobody() const {
  auto processes = std::accumulate(seen_.leased.begin(), seen_.leased.end(), seen_.foreign,
                                   [](mib sum, const usage& each) { return sum + each.used; });
  return less(seen_.used, processes);
}

/// What the device looks like without leases, for comparison later.
void device_account::learn_idle() {
  if (std::ranges::all_of(claims_, &claim::is_attributed))
    settled_foreign_ = seen_.foreign;
  // More than before counts only while no lease can have left it.
  bool may_rise = std::exchange(learns_idle_, false) || (claims_.empty() && !is_quarantined_);
  if (auto now = used_by_nobody(); may_rise || now < idle_driver_)
    idle_driver_ = now;
}

bool device_account::is_free_of_remains(lease_id id, const ledger_options& options) const {
  return used_by_nobody() <= idle_driver_ + left_by_others(id) + tolerance(options);
}

/// What other leases may still leave, whose processes are gone as well: they are charged with it until it has been seen
/// free. Where leases end one after the other, it never looks idle.
mib device_account::left_by_others(lease_id id) const {
  mib named = 0;
  mib unnamed = 0;
  for (const auto& each : claims_)
    if (each.lease != id && each.is_draining)
      (each.is_attributed ? named : unnamed) += less(each.charge, used_by(each.lease));
  return named + less(unnamed, less(seen_.foreign, settled_foreign_));
}

bool device_account::has_drained(lease_id id, instant since, const ledger_options& options) const {
  if (seen_.simulated)
    return true;
  if (seen_.state != GpuAvailability::OK || !observed_at_ || *observed_at_ <= since || was_seen(id) ||
      !is_free_of_remains(id, options))
    return false;
  auto own = std::ranges::find(claims_, id, &claim::lease);
  if (own == claims_.end() || own->is_attributed)
    return true;
  // Its processes were not known: those that are left may be its own, unless others account for them.
  auto others = settled_foreign_;
  for (const auto& each : claims_)
    if (each.lease != id && !each.is_attributed && !each.is_draining)
      others += each.charge;
  return seen_.foreign <= others + tolerance(options);
}

bool device_account::has_recovered(const ledger_options& options) {
  if (!is_quarantined_)
    return false;
  bool is_idle =
    seen_.state == GpuAvailability::OK && claims_.empty() && seen_.leased.empty() && is_free_of_remains({}, options);
  idle_seen_ = is_idle ? idle_seen_ + 1 : 0;
  return idle_seen_ >= options.idle_sightings;
}

mib device_account::tolerance(const ledger_options& options) const {
  return std::max(options.drain_tolerance, seen_.total * options.drain_tolerance_permille / 1000);
}

mib device_account::used_by(lease_id id) const {
  auto found = std::ranges::find(seen_.leased, id, &usage::lease);
  return found == seen_.leased.end() ? 0 : found->used;
}

bool device_account::was_seen(lease_id id) const {
  return std::ranges::find(seen_.leased, id, &usage::lease) != seen_.leased.end();
}

} // namespace hive::gpu
