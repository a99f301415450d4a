#pragma once

#include "gpu/evidence/device_fold.hpp"
#include "messages/msg.hpp"

#include <string>
#include <vector>

namespace hive::gpu {

/// One poll of all devices.
struct device_poll {
  msg<wire::GpuReport> report;
  process_owners owners;
  instant taken_at{0}; ///< when it began
};

/// What the evidence of a lease repeats of the lease.
struct leased_run {
  struct device {
    std::string uuid;
    std::string name = {};
    bool simulated = false;
  };

  lease_id id;
  std::string lease; ///< the id as text
  std::string token; ///< without what makes it a secret
  bool exclusive = true;
  bool timed = false;
  double declared_s = 0;
  bool duration_from_history = false;
  instant granted_at{0};
  std::vector<device> devices;
};

/// The evidence of one lease: a fold over the polls of its devices from the grant until it is given back. Pure; takes
/// memory that does not grow with time.
class run_fold {
public:
  explicit run_fold(leased_run run);

  /// A poll. One from before the grant says what was there before, if it is the last one.
  void observe(const device_poll& poll);

  /// Another lease of this id is in use on one of the devices.
  void add_co_tenant(const std::string& uuid, const std::string& id);

  const leased_run& run() const {
    return run_;
  }

  /// The evidence until this time, judged.
  msg<wire::RunEvidence> evidence(instant until) const;

private:
  device_fold* find(std::string_view uuid);

  leased_run run_;
  std::vector<device_fold> folds_; ///< by the index of the device
  std::string driver_;
};

} // namespace hive::gpu
