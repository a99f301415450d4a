#pragma once

#include "gpu/ledger/lease.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <chrono>

namespace hive {

/// The ledger's time: it runs with the machine's steady clock, from the time of day at the start, or from the newest
/// time in the store if that is later.
class ledger_clock {
public:
  using steady = std::chrono::steady_clock;

  void start(gpu::instant newest_stored) {
    zero_ = std::max(gpu::instant{now_unix_micros()}, newest_stored) - since_boot(steady::now());
  }

  gpu::instant now() const {
    return at(steady::now());
  }

  gpu::instant at(steady::time_point time) const {
    return zero_ + since_boot(time);
  }

private:
  static gpu::duration since_boot(steady::time_point time) {
    return std::chrono::duration_cast<gpu::duration>(time.time_since_epoch());
  }

  gpu::instant zero_{0};
};

} // namespace hive
