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

bool device_set::has(size_t device) const {
  return std::ranges::find(view(), static_cast<uint8_t>(device)) != view().end();
}

bool placement::fits(const demand& what, const device_account& device) const {
  if (device.free() < what.vram || device.state_at(now_, options_) != wire::GpuAvailability::OK)
    return false;
  if (!what.shared)
    return device.is_idle();
  return !device.is_exclusive() && device.loading_until() <= now_ && device.claims().size() < max_claims;
}

std::optional<device_set> placement::place(const demand& what) const {
  return place_apart(what, {});
}

std::optional<device_set> placement::place_apart(const demand& what, const device_set& refused) const {
  if (what.timed && host_free_by_ > instant{0})
    return std::nullopt;
  if (what.devices == 1) {
    auto best = choose(what, std::nullopt, {}, refused);
    if (!best || refused.has(*best))
      return std::nullopt;
    device_set out;
    out.push(*best);
    return out;
  }
  std::optional<device_set> out;
  mib left = 0;
  for (uint32_t island = 0; island < island_count(); ++island)
    if (auto where = choose_gang(what, island, refused); where && (!out || free_of(island) < left)) {
      out = where;
      left = free_of(island);
    }
  return out;
}

std::optional<device_set> placement::choose_gang(const demand& what, uint32_t island, const device_set& refused) const {
  device_set out;
  while (out.size < what.devices) {
    auto best = choose(what, island, out, refused);
    if (!best)
      return std::nullopt;
    out.push(*best);
  }
  return out;
}

/// The device with the least memory left over that is not `taken`: one that is not refused if there is one, and of the
/// fullest island, which leaves others for gangs.
std::optional<size_t> placement::choose(const demand& what, std::optional<uint32_t> island, const device_set& taken,
                                        const device_set& refused) const {
  auto better = [&](size_t a, size_t b) {
    if (bool apart = refused.has(b); apart != refused.has(a))
      return apart;
    if (devices_[a].free() != devices_[b].free() || devices_[a].island() == devices_[b].island())
      return devices_[a].free() < devices_[b].free();
    return free_of(devices_[a].island()) < free_of(devices_[b].island());
  };
  std::optional<size_t> best;
  for (size_t i = 0; i < devices_.size(); ++i)
    if ((!island || devices_[i].island() == *island) && fits(what, devices_[i]) && !taken.has(i) &&
        (!best || better(i, *best)))
      best = i;
  return best;
}

std::optional<instant> placement::latest_start(const demand& what, const trial* with) const {
  std::optional<instant> out;
  if (what.devices == 1) {
    for (size_t i = 0; i < devices_.size(); ++i)
      if (auto from = available(what, i, with); from && (!out || *from < *out))
        out = from;
  } else {
    for (uint32_t island = 0; island < island_count(); ++island)
      if (auto found = find_needed(what, island, with); found && (!out || found->from < *out))
        out = found->from;
  }
  if (out && what.timed) {
    out = std::max(*out, host_free_by_);
    if (with && with->what.timed)
      out = std::max(*out, with->free_by);
  }
  return out ? std::optional{std::max(*out, now_)} : std::nullopt;
}

device_set placement::needed_by(const demand& what) const {
  std::optional<needed> first;
  for (uint32_t island = 0; island < island_count(); ++island)
    if (auto found = find_needed(what, island, nullptr); found && (!first || found->from < first->from))
      first = found;
  return first ? first->devices : device_set{};
}

/// The devices of the island that the request would have, and from when.
std::optional<placement::needed> placement::find_needed(const demand& what, uint32_t island, const trial* with) const {
  struct entry {
    instant from;
    size_t device;
  };
  std::array<entry, max_devices> found;
  size_t count = 0;
  for (size_t i = 0; i < devices_.size() && count < found.size(); ++i)
    if (devices_[i].island() == island)
      if (auto from = available(what, i, with))
        found[count++] = {*from, i};
  if (count < what.devices)
    return std::nullopt;
  auto last = found.begin() + what.devices - 1;
  std::nth_element(found.begin(), last, found.begin() + count, [](const entry& a, const entry& b) {
    return std::tie(a.from, a.device) < std::tie(b.from, b.device);
  });
  needed out{last->from, {}};
  for (auto each = found.begin(); each <= last; ++each)
    out.devices.push(each->device);
  return out;
}

bool placement::is_feasible(const demand& what) const {
  auto could = [&](const device_account& device) {
    bool is_known = device.observed_at().has_value(); // after a restart it may have more than its leases
    return !device.is_out() && !device.is_quarantined() && (!is_known || device.usable() >= what.vram);
  };
  for (uint32_t island = 0; island < island_count(); ++island)
    if (static_cast<size_t>(std::ranges::count_if(devices_, [&](const device_account& device) {
          return device.island() == island && could(device);
        })) >= what.devices)
      return true;
  return false;
}

uint32_t placement::island_count() const {
  uint32_t out = 0;
  for (const auto& each : devices_)
    out = std::max(out, each.island() + 1);
  return out;
}

mib placement::free_of(uint32_t island) const {
  mib out = 0;
  for (const auto& each : devices_)
    out += each.island() == island ? each.free() : 0;
  return out;
}

bool placement::is_full() const {
  return std::ranges::none_of(devices_, [this](const device_account& device) {
    return device.free() >= min_lease_mib && !device.is_exclusive() &&
           device.state_at(now_, options_) == wire::GpuAvailability::OK;
  });
}

/// When the device can host the request at the latest; nothing while it is out, too small, too full of others' memory
/// or, after a restart, has not been seen.
std::optional<instant> placement::available(const demand& what, size_t device, const trial* with) const {
  const auto& account = devices_[device];
  if (account.is_out() || account.is_quarantined() || !account.observed_at() || account.attainable() < what.vram)
    return std::nullopt;
  return what.shared ? shared_from(what.vram, device, with) : exclusive_from(device, with);
}

instant placement::exclusive_from(size_t device, const trial* with) const {
  auto out = now_;
  for (const auto& each : devices_[device].claims())
    out = std::max(out, each.free_by);
  if (with && with->where.has(device))
    out = std::max(out, with->free_by);
  return out;
}

std::optional<instant> placement::shared_from(mib vram, size_t device, const trial* with) const {
  const auto& account = devices_[device];
  bool has_trial = with && with->where.has(device);
  if (account.is_exclusive() || (has_trial && !with->what.shared))
    return exclusive_from(device, with);
  auto free = account.free();
  auto loaded = account.loading_until();
  auto out = loaded > now_ ? loaded + options_.lateness : now_;
  std::array<ending, max_claims + 1> ends; // and the trial
  size_t count = 0;
  for (const auto& each : account.claims())
    ends[count++] = {each.free_by, each.charge};
  if (has_trial) {
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
