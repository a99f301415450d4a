#pragma once

#include "platform/token_bucket.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace hive {

/// Chooses which refused requests are recorded, so that strangers neither fill the disk nor push acts out of the audit.
/// Pure: time is passed in.
class refusal_sampler {
public:
  explicit refusal_sampler(event_rate rate) : rate_{rate} {
  }

  /// Whether to record this one; if so, how many before it were left out since the last one.
  std::optional<uint64_t> take(token_bucket::time_point now) {
    if (!bucket_.take(rate_, now))
      return std::exchange(skipped_, 0);
    ++skipped_;
    return std::nullopt;
  }

private:
  event_rate rate_;
  token_bucket bucket_;
  uint64_t skipped_ = 0;
};

} // namespace hive
