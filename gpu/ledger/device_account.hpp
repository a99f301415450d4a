#pragma once

#include "gpu/ledger/event.hpp"
#include "gpu/ledger/options.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hive::gpu {

/// A lease's claim on a device.
struct claim {
  lease_id lease;
  mib charge = 0;
  instant free_by{0};         ///< when its memory is free or the device quarantined, at the latest
  bool is_attributed = false; ///< its processes have been seen on the device
  bool is_draining = false;
};

/// Memory of one device. reserved + foreign + quarantined + leased + free = total, after every event.
class device_account {
public:
  explicit device_account(std::string uuid) : uuid_{std::move(uuid)} {
  }

  const std::string& uuid() const {
    return uuid_;
  }
  uint32_t island() const {
    return seen_.island;
  }
  bool simulated() const {
    return seen_.simulated;
  }
  /// Quarantine comes before what was seen; `state_at` says unknown when the last observation is stale.
  wire::GpuAvailability state_at(instant now, const ledger_options& options) const;
  std::string reason_at(instant now, const ledger_options& options) const;

  mib total() const {
    return seen_.total;
  }
  mib reserved() const {
    return reserved_;
  }
  mib foreign() const {
    return foreign_;
  }
  mib quarantined() const {
    return quarantined_;
  }
  mib leased() const {
    return leased_;
  }
  mib free() const {
    return free_;
  }
  /// What an idle device can give, apart from memory of others: what its driver uses even then is not offered.
  mib usable() const;
  /// The same without the memory that others use now.
  mib attainable() const;
  const sighting& seen() const {
    return seen_;
  }
  std::optional<instant> observed_at() const {
    return observed_at_;
  }
  bool is_exclusive() const {
    return exclusive_;
  }
  bool is_idle() const {
    return claims_.empty();
  }
  std::span<const claim> claims() const {
    return claims_;
  }
  /// Until when no other shared lease starts on it.
  instant loading_until() const {
    return loading_until_;
  }
  bool is_quarantined() const {
    return is_quarantined_;
  }
  /// Lost for good, or not leased at all: nothing can be placed on it until it is seen otherwise.
  bool is_out() const;

  void add(const claim& what, bool exclusive);
  void remove(lease_id id);
  claim* find(lease_id id);
  void set_loading(instant until) {
    loading_until_ = until;
  }
  /// The charge stays away from everybody: it was not seen free.
  void quarantine(lease_id id);
  /// Everything that can be leased belongs to nobody again.
  void end_quarantine();
  /// Memory of no process that the next observation shows is not of a lease.
  void relearn_idle() {
    learns_idle_ = true;
  }
  /// Until idle again: a device that was lost while leased.
  void distrust() {
    is_quarantined_ = true;
    idle_seen_ = 0;
  }

  /// Takes over what was seen.
  void observe(const sighting& what, instant taken_at);
  /// Whether the memory of a draining claim has come back, as of the last observation, which must be newer than
  /// `since`.
  bool has_drained(lease_id id, instant since, const ledger_options& options) const;
  /// By how much a measurement of its memory may be off.
  mib tolerance(const ledger_options& options) const;
  /// Counts idle observations of a quarantined device; true when it has been seen idle often enough.
  bool has_recovered(const ledger_options& options);

private:
  /// More memory of no process than this is not the idle driver's.
  static constexpr mib most_of_idle_driver = 128;

  mib used_by(lease_id id) const;
  bool was_seen(lease_id id) const;
  void learn_idle();
  mib used_by_nobody() const;
  bool is_free_of_remains(lease_id id, const ledger_options& options) const;
  mib left_by_others(lease_id id) const;
  mib find_foreign() const;
  void balance();

  std::string uuid_;
  sighting seen_{.state = wire::GpuAvailability::UNKNOWN};
  std::optional<instant> observed_at_;
  mib others_ = 0; ///< of others, as estimated from the last observation
  mib reserved_ = 0;
  mib foreign_ = 0;
  mib free_ = 0;
  mib idle_driver_ = 0;     ///< memory of no process, while there was no lease or at first
  mib settled_foreign_ = 0; ///< of foreign processes before the first claim whose processes are unknown
  mib quarantined_ = 0;
  mib leased_ = 0;
  bool exclusive_ = false;
  bool is_quarantined_ = false;
  bool learns_idle_ = true; ///< at first
  uint32_t idle_seen_ = 0;
  instant loading_until_{0};
  std::vector<claim> claims_;
};

} // namespace hive::gpu
