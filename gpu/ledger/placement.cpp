#include "gpu/ledger/placement.hpp"

#include <algorithm>

namespace hive::gpu {
namespace {

/// Claims of one device and a trial: few enough for an array.
constexpr size_t max_claims_at_once = 512;

struct ending {
  instant at;
  mib charge;
};

} // namespace

bool device_set::has(size_t device) const {
  return std::ranges::find(view(), static_cast<uint8_t>(device)) != view().end();
}

bool placement::fits(const demand& what, const device_account& device) const {
  if (device.free() < what.vram || device.state_at(now_, options_) != wire::GpuState::OK)
    return false;
  if (!what.shared)
    return device.is_idle();
  return !device.is_exclusive() && device.loading_until() <= now_ &&
         device.claims().size() + 1 < max_claims_at_once;
}

std::optional<device_set> placement::place(const demand& what) const {
  return place_apart(what, {});
}

std::optional<device_set> placement::place_apart(const demand& what, const device_set& refused) const {
  if (what.timed && host_free_by_ > instant{0})
    return std::nullopt;
  device_set out;
  auto better = [&](size_t a, size_t b) {
    if (bool apart = refused.has(b); apart != refused.has(a))
      return apart;
    return devices_[a].free() < devices_[b].free();
  };
  while (out.size < what.devices) {
    std::optional<size_t> best;
    for (size_t i = 0; i < devices_.size(); ++i)
      if (fits(what, devices_[i]) && !out.has(i) && (!best || better(i, *best)))
        best = i;
    if (!best || (what.devices == 1 && refused.has(*best)))
      return std::nullopt;
    out.push(*best);
  }
  return out;
}

std::optional<instant> placement::latest_start(const demand& what, const trial* with) const {
  std::array<instant, max_gang * 4> found;
  size_t count = 0;
  for (size_t i = 0; i < devices_.size() && count < found.size(); ++i)
    if (auto from = available(what, i, with))
      found[count++] = *from;
  if (count < what.devices)
    return std::nullopt;
  auto last = found.begin() + what.devices - 1;
  std::nth_element(found.begin(), last, found.begin() + count);
  auto out = *last;
  if (what.timed) {
    out = std::max(out, host_free_by_);
    if (with && with->what.timed)
      out = std::max(out, with->free_by);
  }
  return std::max(out, now_);
}

device_set placement::needed_by(const demand& what) const {
  std::array<std::pair<instant, size_t>, max_gang * 4> found;
  size_t count = 0;
  for (size_t i = 0; i < devices_.size() && count < found.size(); ++i)
    if (auto from = available(what, i, nullptr))
      found[count++] = {*from, i};
  device_set out;
  if (count < what.devices)
    return out;
  std::partial_sort(found.begin(), found.begin() + what.devices, found.begin() + count);
  for (size_t i = 0; i < what.devices; ++i)
    out.push(found[i].second);
  return out;
}

bool placement::is_feasible(const demand& what) const {
  auto could = [&](const device_account& device) {
    return !device.is_out() && !device.is_quarantined() && device.usable() >= what.vram;
  };
  return static_cast<size_t>(std::ranges::count_if(devices_, could)) >= what.devices;
}

bool placement::is_full() const {
  return std::ranges::none_of(devices_, [this](const device_account& device) {
    return device.free() >= min_lease_mib && !device.is_exclusive() &&
           device.state_at(now_, options_) == wire::GpuState::OK;
  });
}

/// When the device can host the request at the latest; nothing while it is out, too small or too full of others' memory.
std::optional<instant> placement::available(const demand& what, size_t device, const trial* with) const {
  const auto& account = devices_[device];
  if (account.is_out() || account.is_quarantined() ||
      account.usable() < what.vram + account.foreign())
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
  auto out = std::max(now_, account.loading_until());
  std::array<ending, max_claims_at_once> ends;
  size_t count = 0;
  for (const auto& each : account.claims())
    ends[count++] = {each.free_by, each.charge};
  if (has_trial) {
    free -= std::min(free, with->what.vram);
    ends[count++] = {with->free_by, with->what.vram};
    out = std::max(out, with->loading_until);
  }
  std::sort(ends.begin(), ends.begin() + count, [](const ending& a, const ending& b) { return a.at < b.at; });
  for (size_t i = 0; free < vram && i < count; ++i) {
    free += ends[i].charge;
    out = std::max(out, ends[i].at);
  }
  return free >= vram ? std::optional{out} : std::nullopt;
}

} // namespace hive::gpu
