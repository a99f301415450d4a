#include "gpu/ledger/placement.hpp"

#include <algorithm>
#include <tuple>

namespace hive::gpu {
namespace {

/// Leases of one device: few enough for an array.
constexpr size_t max_claims = 512;

struct ending {
  instant at;
  mib charge;
};

} // namespace

placement::placement(std::span<const device_account> devices, instant now, instant host_free_by,
                     const ledger_options& options)
    : devices_{devices}, now_{now}, host_free_by_{host_free_by}, options_{&options} {
  for (size_t i = 0; i < devices_.size(); ++i) {
    const auto& device = devices_[i];
    bool is_ok = device.state_at(now_, options) == wire::GpuAvailability::OK;
    auto& spot = spots_[i];
    spot.free = device.free();
    spot.island = number_of_island(i);
    spot.is_idle = is_ok && device.is_idle();
    spot.is_open =
      is_ok && !device.is_exclusive() && device.loading_until() <= now_ && device.claims().size() < max_claims;
    free_of_island_[spot.island] += spot.free;
    all_.add(spot);
  }
}

void placement::room::add(const spot& device) {
  idle += device.is_idle;
  if (device.is_open)
    most_shared = std::max(most_shared, device.free);
}

uint16_t placement::number_of_island(size_t device) {
  auto end = island_names_.begin() + static_cast<std::ptrdiff_t>(island_count_);
  auto found = std::find(island_names_.begin(), end, devices_[device].island());
  if (found == end) {
    *found = devices_[device].island();
    free_of_island_[island_count_++] = 0;
  }
  return static_cast<uint16_t>(found - island_names_.begin());
}

bool placement::fits(const demand& what, const spot& device) const {
  return (what.shared ? device.is_open : device.is_idle) && device.free >= what.vram;
}

// -- now --------------------------------------------------------------------------

std::optional<device_set> placement::place_apart(const demand& what, const device_mask& refused) const {
  if (!all_.could_fit(what) || (what.timed && host_free_by_ > instant{0}))
    return std::nullopt;
  if (what.devices == 1)
    return place_one(what, refused);
  std::optional<device_set> out;
  mib left = 0;
  for (size_t island = 0; island < island_count_; ++island)
    if (!out || free_of_island_[island] < left)
      if (auto where = place_gang(what, island, refused)) {
        out = where;
        left = free_of_island_[island];
      }
  return out;
}

std::optional<device_set> placement::place_beside(const trial& lease) const {
  const auto& what = lease.what;
  // An exclusive head cannot have a device in time that is leased beyond its promise.
  bool is_late = promise_ && !promise_->head.shared && lease.free_by > promise_->at;
  if (is_late && !promise_->spare.could_fit(what))
    return std::nullopt;
  auto refused = is_late ? promise_->needed : device_mask{};
  auto attempts = what.devices > 1 ? 2 : devices_.size();
  for (size_t i = 0; i < attempts; ++i) {
    auto where = place_apart(what, refused);
    if (!where)
      return std::nullopt;
    if (keeps_promise(lease, *where))
      return where;
    if (what.devices > 1)
      refused = promise_->in_time;
    else
      refused.set(where->index[0]);
  }
  return std::nullopt;
}

/// Of equal devices, one of the fullest island, which leaves others for gangs.
std::optional<device_set> placement::place_one(const demand& what, const device_mask& refused) const {
  auto order = [this](size_t i) { return std::pair{spots_[i].free, free_of_island_[spots_[i].island]}; };
  std::optional<size_t> best;
  for (size_t i = 0; i < devices_.size(); ++i)
    if (fits(what, spots_[i]) && !refused[i] && (!best || order(i) < order(*best)))
      best = i;
  if (!best)
    return std::nullopt;
  device_set out;
  out.push(*best);
  return out;
}

std::optional<device_set> placement::place_gang(const demand& what, size_t island, const device_mask& refused) const {
  std::array<uint8_t, max_devices> fitting;
  auto end = fitting.begin();
  for (size_t i = 0; i < devices_.size(); ++i)
    if (spots_[i].island == island && fits(what, spots_[i]))
      *end++ = static_cast<uint8_t>(i);
  if (end - fitting.begin() < static_cast<std::ptrdiff_t>(what.devices))
    return std::nullopt;
  auto order = [&](uint8_t i) { return std::tuple{refused[i], spots_[i].free, i}; };
  std::partial_sort(fitting.begin(), fitting.begin() + what.devices, end,
                    [&](uint8_t a, uint8_t b) { return order(a) < order(b); });
  device_set out;
  for (uint32_t i = 0; i < what.devices; ++i)
    out.push(fitting[i]);
  return out;
}

bool placement::is_feasible(const demand& what) const {
  std::array<uint32_t, max_devices> able{}; // by island
  for (size_t i = 0; i < devices_.size(); ++i) {
    const auto& device = devices_[i];
    bool is_known = device.observed_at().has_value(); // after a restart it may have more than its leases
    if (!device.is_out() && !device.is_quarantined() && (!is_known || device.usable() >= what.vram) &&
        ++able[spots_[i].island] >= what.devices)
      return true;
  }
  return false;
}

// -- later ------------------------------------------------------------------------

std::optional<instant> placement::latest_start(const demand& what) const {
  std::optional<instant> out;
  std::array<instant, max_devices> from;
  for (size_t island = 0; island < island_count_; ++island) {
    auto end = from.begin();
    for (size_t i = 0; i < devices_.size(); ++i)
      if (spots_[i].island == island)
        if (auto at = available(what, i, nullptr))
          *end++ = *at;
    if (end - from.begin() < static_cast<std::ptrdiff_t>(what.devices))
      continue;
    auto last = from.begin() + what.devices - 1;
    std::nth_element(from.begin(), last, end);
    out = std::min(out.value_or(instant::max()), *last);
  }
  return out && what.timed ? std::max(*out, host_free_by_) : out;
}

void placement::keep(const demand& head, instant promise) {
  auto& kept = promise_.emplace();
  kept.head = head;
  kept.at = promise;
  kept.count.fill(0);
  for (size_t i = 0; i < devices_.size(); ++i)
    if (auto from = available(head, i, nullptr); from && *from <= promise) {
      kept.in_time.set(i);
      ++kept.count[spots_[i].island];
    }
  auto end = kept.count.begin() + static_cast<std::ptrdiff_t>(island_count_);
  auto enough = std::count_if(kept.count.begin(), end, [&](uint32_t each) { return each >= head.devices; });
  for (size_t i = 0; i < devices_.size(); ++i) {
    kept.needed[i] = kept.in_time[i] && enough == 1 && kept.count[spots_[i].island] == head.devices;
    if (!kept.needed[i])
      kept.spare.add(spots_[i]);
  }
}

/// Whether the head still has enough devices of one island in time. The lease changes that only on its own devices,
/// which are of one island.
bool placement::keeps_promise(const trial& lease, const device_set& where) const {
  if (!promise_)
    return true;
  const auto& kept = *promise_;
  if (kept.head.timed && (host_free_by_ > kept.at || (lease.what.timed && lease.free_by > kept.at)))
    return false;
  uint32_t lost = 0;
  for (auto i : where.view())
    if (kept.in_time[i]) {
      auto from = available(kept.head, i, &lease);
      lost += !from || *from > kept.at;
    }
  auto own = spots_[where.index[0]].island;
  for (size_t island = 0; island < island_count_; ++island)
    if (kept.count[island] - (island == own ? lost : 0) >= kept.head.devices)
      return true;
  return false;
}

/// When the device can host the request at the latest; nothing while it is out, too small, too full of others' memory
/// or, after a restart, has not been seen.
std::optional<instant> placement::available(const demand& what, size_t device, const trial* with) const {
  const auto& account = devices_[device];
  if (account.is_out() || account.is_quarantined() || !account.observed_at() || account.attainable() < what.vram)
    return std::nullopt;
  return what.shared ? shared_from(what.vram, device, with) : exclusive_from(device, with);
}

/// With a lease on it that might be granted.
instant placement::exclusive_from(size_t device, const trial* with) const {
  auto out = now_;
  for (const auto& each : devices_[device].claims())
    out = std::max(out, each.free_by);
  return with ? std::max(out, with->free_by) : out;
}

std::optional<instant> placement::shared_from(mib vram, size_t device, const trial* with) const {
  const auto& account = devices_[device];
  if (account.is_exclusive() || (with && !with->what.shared))
    return exclusive_from(device, with);
  auto free = account.free();
  auto loaded = account.loading_until();
  auto out = loaded > now_ ? loaded + options_->lateness : now_;
  std::array<ending, max_claims + 1> ends; // and the trial
  size_t count = 0;
  for (const auto& each : account.claims())
    ends[count++] = {each.free_by, each.charge};
  if (with) {
    free -= std::min(free, with->what.vram);
    ends[count++] = {with->free_by, with->what.vram};
    out = std::max(out, with->loading_until);
  }
  std::sort(ends.begin(), ends.begin() + count, [](const ending& a, const ending& b) { return a.at < b.at; });
  for (size_t i = 0; i < count && (free < vram || count - i >= max_claims); ++i) {
    free += ends[i].charge;
    out = std::max(out, ends[i].at);
  }
  return free >= vram ? std::optional{out} : std::nullopt;
}

} // namespace hive::gpu
