#include "actors/gpu/lease_record.hpp"

#include "messages/change.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sodium/crypto_generichash.h>
#include <sodium/utils.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using gpu::duration;
using gpu::instant;

/// A request that nobody asks for any more is not worth a GPU.
constexpr duration queue_patience = 60s;
constexpr double bytes_per_gb = 1e9;
constexpr double bytes_per_mib = 1024 * 1024;
constexpr size_t code_bytes = 16;

double seconds(duration time) {
  return std::chrono::duration<double>(time).count();
}

duration from_seconds(double time) {
  return std::chrono::round<duration>(std::chrono::duration<double>(time));
}

int64_t micros(instant time) {
  return time.count();
}

void fill_devices(const gpu::lease& what, const gpu::ledger& ledger, const device_labels& labels,
                  wire::Lease::Builder out) {
  auto devices = out.initDevices(static_cast<uint32_t>(what.devices.size()));
  for (uint32_t i = 0; i < devices.size(); ++i) {
    const auto& mine = what.devices[i];
    const auto& device = ledger.devices()[mine.device];
    devices[i].setUuid(device.uuid());
    devices[i].setVramMib(mine.charge);
    devices[i].setSimulated(device.simulated());
    devices[i].setDrained(mine.drained);
    if (mine.peak > 0)
      devices[i].setPeakMib(static_cast<double>(mine.peak));
    if (auto label = labels.find(device.uuid()); label != labels.end()) {
      devices[i].setName(label->second.name);
      devices[i].setMinorNumber(label->second.minor_number);
    }
  }
  if (devices.size() > 0) {
    out.setDevice(devices[0].getUuid());
    out.setVramMib(devices[0].getVramMib());
  } else {
    out.setVramMib(what.asked.vram);
  }
}

void fill_asked(const gpu::lease_request& asked, wire::Lease::Builder out) {
  out.setHolder(asked.holder);
  out.setDevicesWanted(asked.devices);
  out.setVramWantedMib(asked.vram);
  out.setShared(asked.shared);
  out.setTimed(asked.timed);
  out.setPriority(asked.priority);
  out.setTtlS(seconds(asked.ttl));
  out.setMaxDurationS(seconds(asked.max_duration));
  out.setPatienceS(seconds(asked.patience));
}

void fill_times(const gpu::lease& what, wire::Lease::Builder out) {
  out.setRequestedAt(micros(what.requested_at));
  out.setGrantedAt(micros(what.granted_at));
  out.setExpiresAt(micros(what.expires_at));
  out.setEndsAt(micros(what.ends_at));
  out.setEndedAt(micros(what.ended_at));
  if (what.promised_at && what.state == wire::LeaseState::QUEUED)
    out.setPromisedAt(micros(*what.promised_at));
}

} // namespace

std::string lease_records::token_text(lease_id id, const gpu::lease_token& token) const {
  if (token.sequence == 0)
    return {};
  auto plain = grant_name(token);
  auto signed_text = node_ + '/' + std::to_string(id.value) + '/' + plain;
  std::array<unsigned char, code_bytes> code{};
  auto seed = keys_.seed();
  crypto_generichash(code.data(), code.size(), bytes_of(signed_text), signed_text.size(), seed.data(), seed.size());
  return plain + '.' + to_hex(code);
}

std::string lease_records::grant_name(const gpu::lease_token& token) const {
  return node_.substr(0, 8) + '.' + std::to_string(token.epoch) + '.' + std::to_string(token.sequence);
}

gpu::leased_run lease_records::describe_run(const gpu::lease& what, const gpu::ledger& ledger,
                                            const lease_extras& extras, const device_labels& labels) const {
  gpu::leased_run out;
  out.id = what.id;
  out.lease = to_text(what.id);
  out.token = grant_name(what.token);
  out.exclusive = !what.asked.shared;
  out.timed = what.asked.timed;
  out.declared_s = seconds(what.asked.max_duration);
  out.duration_from_history = extras.duration_from_history;
  out.granted_at = what.granted_at;
  for (const auto& each : what.devices) {
    const auto& device = ledger.devices()[each.device];
    auto label = labels.find(device.uuid());
    out.devices.push_back({device.uuid(), label == labels.end() ? "" : label->second.name, device.simulated()});
  }
  return out;
}

msg<wire::Lease> lease_records::describe(const gpu::lease& what, const gpu::ledger& ledger, const lease_extras& extras,
                                         const device_labels& labels,
                                         const std::optional<msg<wire::RunEvidence>>& evidence) const {
  return msg<wire::Lease>::build([&](wire::Lease::Builder out) {
    out.setId(to_text(what.id));
    out.setToken(token_text(what.id, what.token));
    out.setState(what.state);
    out.setOutcome(what.outcome);
    out.setReason(what.reason);
    out.setNode(node_);
    out.setEnforcement("none");
    fill_asked(what.asked, out);
    fill_times(what, out);
    fill_devices(what, ledger, labels, out);
    out.setReady(what.ready);
    out.setSequence(what.token.sequence);
    out.setEpoch(what.token.epoch);
    out.setKey(extras.key);
    out.setDurationFromHistory(extras.duration_from_history);
    out.setLocal(extras.local);
    if (evidence)
      out.setEvidence(**evidence);
    if (!extras.process)
      return;
    auto process = out.initProcess();
    process.setPid(extras.process->pid);
    process.setStartedTicks(extras.process->started_ticks);
    process.setBootId(extras.process->boot_id);
  });
}

caf::expected<gpu::events::restored> lease_records::restore(wire::Lease::Reader record) {
  auto id = lease_id_of(as_view(record.getId()));
  if (!id)
    return fail(ec::corrupt, "a stored GPU lease has the id " + std::string{as_view(record.getId())});
  gpu::events::restored out;
  auto& kept = out.what;
  kept.id = *id;
  kept.asked.holder = as_view(record.getHolder());
  kept.asked.key = as_view(record.getKey());
  kept.asked.vram = record.getVramWantedMib();
  kept.asked.devices = record.getDevicesWanted();
  kept.asked.shared = record.getShared();
  kept.asked.timed = record.getTimed();
  kept.asked.priority = record.getPriority();
  kept.asked.ttl = from_seconds(record.getTtlS());
  kept.asked.max_duration = from_seconds(record.getMaxDurationS());
  kept.asked.patience = from_seconds(record.getPatienceS());
  kept.state = record.getState();
  kept.outcome = record.getOutcome();
  kept.reason = as_view(record.getReason());
  kept.token = {record.getEpoch(), record.getSequence()};
  kept.requested_at = instant{record.getRequestedAt()};
  kept.granted_at = instant{record.getGrantedAt()};
  kept.ends_at = instant{record.getEndsAt()};
  if (record.getPromisedAt() > 0)
    kept.promised_at = instant{record.getPromisedAt()};
  kept.has_processes = record.hasProcess();
  kept.ready = record.getReady();
  for (auto each : record.getDevices()) {
    auto peak = each.getPeakMib();
    kept.devices.push_back(
      {0, each.getVramMib(), std::isnan(peak) ? 0 : static_cast<gpu::mib>(peak), each.getDrained()});
    out.uuids.emplace_back(as_view(each.getUuid()));
  }
  return out;
}

lease_extras lease_records::extras_of(wire::Lease::Reader record) {
  lease_extras out{std::string{as_view(record.getKey())}, record.getDurationFromHistory(), record.getLocal(), {}};
  if (record.hasProcess()) {
    auto process = record.getProcess();
    out.process = process_stamp{process.getPid(), process.getStartedTicks(), std::string{as_view(process.getBootId())}};
  }
  return out;
}

gpu::lease_request to_ledger(wire::RequestLease::Reader asked, duration declared) {
  gpu::lease_request out;
  out.holder = as_view(asked.getHolder());
  out.key = as_view(asked.getKey());
  auto wanted = static_cast<gpu::mib>(std::ceil(asked.getVramGb() * bytes_per_gb / bytes_per_mib));
  out.vram = std::max(wanted, gpu::min_lease_mib);
  out.devices = asked.getDevices();
  out.shared = asked.getShared();
  out.timed = asked.getTimed();
  out.priority = asked.getPriority();
  out.ttl = from_seconds(asked.getTtlS());
  out.max_duration = asked.getMaxDurationS() > 0 ? from_seconds(asked.getMaxDurationS()) : declared;
  out.patience = queue_patience;
  return out;
}

bool is_same_secret(std::string_view given, std::string_view own) {
  return !given.empty() && given.size() == own.size() && sodium_memcmp(given.data(), own.data(), own.size()) == 0;
}

bool proves(wire::Lease::Reader record, std::string_view secret) {
  return is_same_secret(secret, as_view(record.getToken())) || is_same_secret(secret, as_view(record.getKey()));
}

msg<wire::Lease> without_secrets(const msg<wire::Lease>& lease) {
  return changed(lease, [](wire::Lease::Builder out) {
    out.disownToken();
    out.disownKey();
  });
}

} // namespace hive
