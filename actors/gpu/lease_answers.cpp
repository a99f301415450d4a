#include "actors/gpu/lease_answers.hpp"

#include "messages/text.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <vector>

namespace hive {
namespace {

int64_t micros(gpu::instant time) {
  return time.count();
}

std::string waiting_for(const gpu::lease& what, const gpu::ledger& ledger, uint32_t position) {
  const auto& asked = what.asked;
  auto wanted = asked.shared ? std::to_string(asked.vram) + " MiB" : std::string{"a whole device"};
  if (asked.devices > 1)
    wanted = std::to_string(asked.devices) + (asked.shared ? " devices with " + wanted + " each" : " whole devices");
  if (what.promised_at)
    return "It is next in line for " + wanted + " and will start by the promised time unless a device fails.";
  if (position == 1 && !ledger.head())
    return "It is next in line for " + wanted + ". No start can be promised, because devices are unavailable.";
  return "It waits for " + wanted + " with " + std::to_string(position - 1) +
         " requests before it. It may start earlier if that delays no promised start.";
}

std::string reason_of(const gpu::lease& held) {
  switch (held.state) {
  case wire::LeaseState::DRAINING:
    return "held by " + held.asked.holder + " until its memory is seen free";
  case wire::LeaseState::REVOKING:
  case wire::LeaseState::KILLING:
  case wire::LeaseState::RELEASING:
    return held.asked.holder + " is giving it back";
  default:
    return "held by " + held.asked.holder;
  }
}

struct blocker {
  std::string device;
  std::string lease;
  std::string reason;
  int64_t until = 0;
};

std::vector<blocker> blockers_of(const gpu::lease& what, const gpu::ledger& ledger) {
  std::vector<blocker> out;
  for (const auto& device : ledger.devices()) {
    auto state = device.state_at(ledger.now(), ledger.options());
    if (state != wire::GpuAvailability::OK)
      out.push_back({device.uuid(), "", device.reason_at(ledger.now(), ledger.options())});
    else if (device.usable() < what.asked.vram)
      out.push_back({device.uuid(), "", "it is too small"});
    else if (device.attainable() < what.asked.vram)
      out.push_back(
        {device.uuid(), "", std::to_string(device.foreign()) + " MiB are used by processes without a lease"});
    for (const auto& each : device.claims())
      if (const auto* held = ledger.find(each.lease))
        out.push_back({device.uuid(), to_text(each.lease), reason_of(*held), micros(each.free_by)});
  }
  return out;
}

} // namespace

msg<wire::GpuList> list_devices(const gpu::ledger& ledger, const device_labels& labels, const std::string& absence) {
  return msg<wire::GpuList>::build([&](wire::GpuList::Builder out) {
    auto devices = ledger.devices();
    auto gpus = out.initGpus(static_cast<uint32_t>(devices.size()));
    for (uint32_t i = 0; i < gpus.size(); ++i)
      describe_device(ledger, devices[i], labels, gpus[i]);
    if (devices.empty())
      out.setReason(absence);
    out.setQueued(static_cast<uint32_t>(ledger.queued()));
  });
}

void describe_device(const gpu::ledger& ledger, const gpu::device_account& device, const device_labels& labels,
                     wire::GpuInfo::Builder out) {
  auto state = device.state_at(ledger.now(), ledger.options());
  out.setUuid(device.uuid());
  out.setVramMib(device.total());
  out.setFreeMib(state == wire::GpuAvailability::OK && !device.is_exclusive() ? device.free() : 0);
  out.setMode(device.is_idle()        ? wire::GpuMode::IDLE
              : device.is_exclusive() ? wire::GpuMode::EXCLUSIVE
                                      : wire::GpuMode::SHARED);
  out.setSimulated(device.simulated());
  out.setState(state);
  out.setReason(device.reason_at(ledger.now(), ledger.options()));
  out.setLeasedMib(device.leased());
  out.setReservedMib(device.reserved());
  out.setForeignMib(device.foreign());
  out.setQuarantinedMib(device.quarantined());
  if (device.observed_at() && !device.simulated())
    out.setUsedMib(static_cast<double>(device.seen().used));
  auto leases = out.initLeases(static_cast<uint32_t>(device.claims().size()));
  for (uint32_t i = 0; i < leases.size(); ++i)
    leases.set(i, to_text(device.claims()[i].lease));
  if (auto label = labels.find(device.uuid()); label != labels.end()) {
    out.setName(label->second.name);
    out.setMinorNumber(label->second.minor_number);
    out.setDriver(label->second.driver);
  }
}

msg<wire::LeaseExplanation> explain(const gpu::lease& what, const msg<wire::Lease>& record, const gpu::ledger& ledger) {
  return msg<wire::LeaseExplanation>::build([&](wire::LeaseExplanation::Builder out) {
    out.setLease(*record);
    if (what.state != wire::LeaseState::QUEUED)
      return out.setExplanation(what.reason.empty() ? "It does not wait." : "It does not wait: " + what.reason + ".");
    auto waiting = ledger.waiting_leases();
    auto position = static_cast<uint32_t>(std::ranges::find(waiting, what.id, &gpu::lease::id) - waiting.begin() + 1);
    out.setPosition(position);
    out.setExplanation(waiting_for(what, ledger, position));
    if (auto expected = ledger.expected_start(what.id))
      out.setExpectedAt(micros(*expected));
    auto found = blockers_of(what, ledger);
    auto blockers = out.initBlockers(static_cast<uint32_t>(found.size()));
    for (uint32_t i = 0; i < blockers.size(); ++i) {
      blockers[i].setDevice(found[i].device);
      blockers[i].setLease(found[i].lease);
      blockers[i].setReason(found[i].reason);
      blockers[i].setUntil(found[i].until);
    }
  });
}

msg<wire::Event> lease_event(wire::Lease::Reader lease) {
  return msg<wire::Event>::build([&](wire::Event::Builder event) {
    event.setKind(wire::EventKind::LEASE);
    auto out = event.initLease();
    out.setId(lease.getId());
    out.setHolder(lease.getHolder());
    out.setState(lease.getState());
    out.setOutcome(lease.getOutcome());
    out.setReason(lease.getReason());
    out.setPromisedAt(lease.getPromisedAt());
    auto devices = out.initDevices(lease.getDevices().size());
    for (uint32_t i = 0; i < devices.size(); ++i)
      devices.set(i, lease.getDevices()[i].getUuid());
  });
}

msg<wire::Event> gpu_event(const gpu::ledger& ledger, const gpu::device_account& device) {
  return msg<wire::Event>::build([&](wire::Event::Builder event) {
    event.setKind(wire::EventKind::GPU);
    auto out = event.initGpu();
    out.setUuid(device.uuid());
    out.setState(device.state_at(ledger.now(), ledger.options()));
    out.setReason(device.reason_at(ledger.now(), ledger.options()));
  });
}

void log_transition(wire::Lease::Reader lease) {
  auto id = as_view(lease.getId());
  auto holder = as_view(lease.getHolder());
  if (lease.getState() == wire::LeaseState::RESERVED)
    log::info("GPU lease granted. lease={} holder={} gpu={} mib={}", id, holder, as_view(lease.getDevice()),
              lease.getVramMib());
  else if (lease.getState() == wire::LeaseState::REVOKING || lease.getState() == wire::LeaseState::KILLING)
    log::warn("GPU lease is being taken away: {}. lease={} holder={}", as_view(lease.getReason()), id, holder);
  else if (lease.getState() == wire::LeaseState::ENDED)
    log::info("GPU lease ended{}{}. lease={} holder={}", lease.getReason().size() > 0 ? ": " : "",
              as_view(lease.getReason()), id, holder);
}

} // namespace hive
