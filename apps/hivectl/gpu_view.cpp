#include "apps/hivectl/gpu_view.hpp"

#include "apps/hivectl/evidence_view.hpp"
#include "apps/hivectl/format.hpp"
#include "messages/timestamp.hpp"

#include <cmath>
#include <fmt/format.h>

namespace hive::ctl {
namespace {

/// "4 × GPU-a…" in the words of a table: the devices' UUIDs, or how many are wanted.
std::string describe_devices(wire::Lease::Reader lease) {
  std::vector<std::string> uuids;
  for (auto device : lease.getDevices())
    uuids.emplace_back(device.getUuid().cStr());
  if (uuids.empty() && lease.getDevice().size() > 0)
    uuids.emplace_back(lease.getDevice().cStr());
  return uuids.empty() ? std::to_string(lease.getDevicesWanted()) + " wanted" : join_texts(uuids, " ");
}

std::string describe_sharing(wire::Lease::Reader lease) {
  return lease.getTimed() ? "timed" : lease.getShared() ? "shared" : "exclusive";
}

/// The highest use among its devices; empty when it was not seen.
std::string describe_peak(wire::Lease::Reader lease) {
  double peak = std::nan("");
  for (auto device : lease.getDevices())
    peak = std::fmax(peak, device.getPeakMib());
  return std::isnan(peak) ? "" : fmt::format("{:.0f}", peak);
}

/// How it is or was used; empty while that is not known.
std::string quality_of(wire::Lease::Reader lease) {
  return lease.hasEvidence() ? name_of(lease.getEvidence().getQuality()) : "";
}

/// Why it ended, and what disturbed it.
std::string describe_reasons(wire::Lease::Reader lease) {
  std::string reason = lease.getReason().cStr();
  auto disturbance = lease.hasEvidence() ? describe_disturbance(lease.getEvidence()) : "";
  return reason + (reason.empty() || disturbance.empty() ? "" : "; ") + disturbance;
}

std::string mib(uint64_t amount) {
  return std::to_string(amount);
}

std::string quoted_time(int64_t unix_micros) {
  return format_age(unix_micros, now_unix_micros()) + " (" + format_time(unix_micros) + ")";
}

std::string describe_reason(wire::GpuInfo::Reader gpu) {
  return std::string{gpu.getSimulated() ? "simulated" : ""} +
         (gpu.getSimulated() && gpu.getReason().size() > 0 ? ": " : "") + gpu.getReason().cStr();
}

} // namespace

void show_gpus(wire::GpuList::Reader list, output& out) {
  table rows{{text_column("UUID"), text_column("NAME"), text_column("STATE"), text_column("MODE"), number_column("MIB"),
              number_column("FREE"), number_column("LEASED"), number_column("FOREIGN"), number_column("QUARANTINED"),
              number_column("LEASES"), text_column("REASON")}};
  for (auto gpu : list.getGpus())
    rows.add_row({gpu.getUuid().cStr(), gpu.getName().cStr(), name_of(gpu.getState()), name_of(gpu.getMode()),
                  mib(gpu.getVramMib()), mib(gpu.getFreeMib()), mib(gpu.getLeasedMib()), mib(gpu.getForeignMib()),
                  mib(gpu.getQuarantinedMib()), std::to_string(gpu.getLeases().size()), describe_reason(gpu)});
  if (rows.empty())
    out.line("No GPUs" +
             (list.getReason().size() == 0 ? std::string{"."} : std::string{": "} + list.getReason().cStr()));
  else
    out.print(rows);
  if (list.getQueued() > 0)
    out.line(
      fmt::format("{} {} for a GPU.", list.getQueued(), list.getQueued() == 1 ? "request waits" : "requests wait"));
}

void show_leases(wire::LeaseList::Reader list, output& out) {
  table rows{{text_column("ID"), text_column("STATE"), text_column("HOLDER"), text_column("DEVICES"),
              number_column("MIB"), text_column("KIND"), number_column("PRIORITY"), text_column("SINCE"),
              text_column("ENDS OR STARTS BY"), text_column("QUALITY"), text_column("REASON")}};
  for (auto lease : list.getLeases()) {
    bool waits = lease.getState() == wire::LeaseState::QUEUED;
    rows.add_row({lease.getId().cStr(), name_of(lease.getState()), lease.getHolder().cStr(), describe_devices(lease),
                  mib(lease.getVramMib()), describe_sharing(lease), std::to_string(lease.getPriority()),
                  out.time(waits ? lease.getRequestedAt() : lease.getGrantedAt()),
                  out.time(waits ? lease.getPromisedAt() : lease.getEndsAt()), quality_of(lease),
                  describe_reasons(lease)});
  }
  if (rows.empty())
    out.line("No leases: 'hivectl gpu run -- CMD' runs a command with one.");
  else
    out.print(rows);
}

void show_lease(wire::Lease::Reader lease, output& out) {
  auto line = [&](const char* name, const std::string& value) {
    if (!value.empty())
      out.line(fmt::format("{:<9}{}", name, value));
  };
  auto time = [](int64_t at) { return at == 0 ? std::string{} : quoted_time(at); };
  line("Lease", lease.getId().cStr());
  line("State", name_of(lease.getState()));
  if (lease.getOutcome() != wire::LeaseOutcome::OPEN)
    line("Outcome", name_of(lease.getOutcome()));
  line("Reason", lease.getReason().cStr());
  line("Holder", lease.getHolder().cStr());
  line("Token", lease.getToken().cStr());
  line("Devices", describe_devices(lease));
  line("Memory", mib(lease.getVramMib()) + " MiB on each, " + describe_sharing(lease));
  line("Expires", time(lease.getExpiresAt()));
  line("Ends", time(lease.getEndsAt()));
  line("Promised", time(lease.getPromisedAt()));
  if (lease.hasEvidence())
    line("Evidence", describe_evidence(lease.getEvidence()));
}

void show_explanation(wire::LeaseExplanation::Reader why, output& out) {
  auto lease = why.getLease();
  out.line(fmt::format("Lease {} is {}.", lease.getId().cStr(), name_of(lease.getState())));
  if (why.getPosition() > 0)
    out.line(fmt::format("It has position {} in the queue.", why.getPosition()));
  if (why.getExplanation().size() > 0)
    out.line(why.getExplanation().cStr());
  if (lease.getPromisedAt() != 0)
    out.line("It starts " + quoted_time(lease.getPromisedAt()) + " at the latest, unless a device fails.");
  else if (why.getExpectedAt() != 0)
    out.line("It is expected to start " + quoted_time(why.getExpectedAt()) + ", if all last as long as they may.");
  if (lease.hasEvidence())
    out.line("So far: " + describe_evidence(lease.getEvidence()) + ".");
  table rows{{text_column("DEVICE"), text_column("LEASE"), text_column("UNTIL"), text_column("REASON")}};
  for (auto each : why.getBlockers())
    rows.add_row({each.getDevice().cStr(), each.getLease().cStr(), out.time(each.getUntil()), each.getReason().cStr()});
  if (!rows.empty())
    out.print(rows);
}

std::string describe_wait(wire::LeaseExplanation::Reader why) {
  auto now = now_unix_micros();
  std::vector<std::string> parts;
  if (why.getPosition() > 0)
    parts.push_back(fmt::format("position {}", why.getPosition()));
  if (why.getLease().getPromisedAt() != 0)
    parts.push_back("starts " + format_age(why.getLease().getPromisedAt(), now) + " at the latest");
  else if (why.getExpectedAt() != 0)
    parts.push_back("expected " + format_age(why.getExpectedAt(), now));
  if (why.getExplanation().size() > 0)
    parts.emplace_back(why.getExplanation().cStr());
  return join_texts(parts, "; ");
}

history_table::history_table()
    : rows_{{text_column("ID"), text_column("OUTCOME"), text_column("HOLDER"), text_column("DEVICES"),
             number_column("MIB"), number_column("PEAK"), text_column("KIND"), number_column("SECONDS"),
             text_column("ENDED"), text_column("QUALITY"), text_column("REASON")}} {
}

void history_table::add(wire::Lease::Reader lease, const output& out) {
  bool was_granted = lease.getGrantedAt() != 0;
  auto seconds = static_cast<double>(lease.getEndedAt() - lease.getGrantedAt()) / micros_per_s;
  rows_.add_row({lease.getId().cStr(), name_of(lease.getOutcome()), lease.getHolder().cStr(), describe_devices(lease),
                 mib(lease.getVramMib()), describe_peak(lease), describe_sharing(lease),
                 was_granted ? fmt::format("{:.1f}", seconds) : "", out.time(lease.getEndedAt()), quality_of(lease),
                 describe_reasons(lease)});
}

} // namespace hive::ctl
