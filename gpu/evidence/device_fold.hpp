#pragma once

#include "gpu/evidence/weighted_median.hpp"
#include "gpu/ledger/lease.hpp"
#include "messages/gpu_probe.capnp.h"

#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace hive::gpu {

/// The processes of leases among all that use the devices; a process that is not here has no lease.
using process_owners = std::map<uint32_t, lease_id>;

/// Folds what the polls say of one device while a lease is in use. Polls of one device only, in order.
class device_fold {
public:
  device_fold(lease_id lease, instant start) : lease_{lease}, last_{start} {
  }

  /// What was there before the lease.
  void start_from(wire::GpuReading::Reader reading, const process_owners& owners);

  void observe(wire::GpuReading::Reader reading, const process_owners& owners, instant taken_at);

  /// Another lease of this id was in use on the device meanwhile.
  void add_co_tenant(const std::string& id);

  /// What was seen until this time.
  void write(instant until, wire::DeviceEvidence::Builder out) const;

private:
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  /// Whether the device worked at the time of a poll.
  enum class work { unknown, none, some };
  static work work_of(wire::GpuReading::Reader reading);

  void observe_clocks(wire::GpuReading::Reader reading, work busy, duration time);
  void observe_errors(double total);
  void observe_link(wire::GpuReading::Reader reading, work busy);
  std::pair<double, wire::PeakSource> peak() const;
  void observe_processes(wire::GpuReading::Reader reading, const process_owners& owners);

  lease_id lease_;
  instant last_; ///< poll, or the start
  uint32_t observations_ = 0;
  duration unobserved_{0};

  bool knows_clock_events_ = false;
  uint64_t clock_events_ = 0;
  duration throttled_{0};
  double min_sm_mhz_ = unknown;
  weighted_median sm_mhz_;
  double max_temperature_ = unknown;
  double errors_total_ = unknown; ///< as of the last poll
  double errors_ = unknown;

  struct link {
    double generation = unknown;
    double width = unknown;
  };
  link lowest_;
  link widest_;    ///< that was seen or is possible
  link last_busy_; ///< of the last poll, if it found the device working

  bool has_own_processes_ = false; ///< some are known to be the lease's
  double polled_peak_ = unknown;
  double accounting_peak_ = unknown;
  std::set<uint32_t> settled_; ///< processes without a lease that were there before; at most those of one poll
  double foreign_ = unknown;

  std::set<std::string> co_tenants_;
};

} // namespace hive::gpu
