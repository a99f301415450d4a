#pragma once

#include "actors/gpu/lease_record.hpp"

#include <string>

namespace hive {

/// All devices of the ledger; `absence` is why there may be none.
msg<wire::GpuList> list_devices(const gpu::ledger& ledger, const device_labels& labels, const std::string& absence);

/// A device as the API shows it.
void describe_device(const gpu::ledger& ledger, const gpu::device_account& device, const device_labels& labels,
                     wire::GpuInfo::Builder out);

/// What the request waits for.
msg<wire::LeaseExplanation> explain(const gpu::lease& what, const msg<wire::Lease>& record, const gpu::ledger& ledger);

msg<wire::Event> lease_event(wire::Lease::Reader lease);
msg<wire::Event> gpu_event(const gpu::ledger& ledger, const gpu::device_account& device);

/// A line in the log for a lease that has entered another state of interest to an operator.
void log_transition(wire::Lease::Reader lease);

} // namespace hive
