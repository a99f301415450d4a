#pragma once

#include "gpu/ledger/ledger.hpp"

#include <string>

namespace hive::gpu {

/// Checks what must hold of a ledger after every event. The tests ask after each one.
class audit {
public:
  explicit audit(const ledger& what) : ledger_{what} {
  }

  /// The first invariant that does not hold, with the numbers; empty when all hold.
  std::string find_violation() const;

  /// Everything that the ledger keeps, which must be bounded by its options and by what waits and is held.
  size_t count_entries() const;

private:
  /// reserved + foreign + quarantined + leased + free = total on each device, and no part is negative.
  std::string check_balance() const;
  /// What a device counts as leased is what the leases say.
  std::string check_charges() const;
  /// A device has one exclusive lease or shared ones.
  std::string check_modes() const;
  /// A lease has as many different devices as it asked for, from its grant on.
  std::string check_gangs() const;
  /// No two leases have the same token.
  std::string check_tokens() const;
  /// The queue holds exactly the leases that wait.
  std::string check_queue() const;
  /// No lease holds memory longer than it can at most.
  std::string check_durations() const;
  /// At most one timed lease is in use.
  std::string check_timed() const;
  /// A device in use by a quarantine, or out, is granted to nobody: its free memory is not offered.
  std::string check_outcomes() const;

  const ledger& ledger_;
};

} // namespace hive::gpu
