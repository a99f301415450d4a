#pragma once

#include "actors/defaults.hpp"
#include "messages/benchmark.capnp.h"

#include <cstdint>
#include <optional>
#include <string>

namespace hive {

/// When a change of the world model counts as a shift.
struct shift_options {
  /// Smallest change of the flush rate or the correction density. Default: 0.10.
  double change = defaults::world_model_shift;
  /// Fewest records on each side of the comparison. Default: 200.
  uint64_t records = defaults::world_model_records;
};

/// Compares the world model's rates over the records of one period with those of the period before. Periods last until
/// they have enough records. Counters that restart begin a period of their own. Pure.
class world_model_shift {
public:
  explicit world_model_shift(shift_options options = {}) : options_{options} {
  }

  /// Takes the counters as they are now. Returns a sentence about the shift, if this ends a period that differs from
  /// the one before.
  std::optional<std::string> update(wire::WorldModelInput::Reader now);

private:
  struct counters {
    uint64_t recorded = 0;
    uint64_t flushed = 0;
    uint64_t corrections = 0;
  };

  struct rates {
    double flush_rate = 0;
    double correction_density = 0;
  };

  std::optional<std::string> describe(const rates& before, const rates& now) const;

  shift_options options_;
  bool has_seen_ = false;
  uint32_t restarts_ = 0;
  counters seen_;   ///< as last passed to `update`
  counters period_; ///< counted in the period under way
  std::optional<rates> before_;
};

} // namespace hive
