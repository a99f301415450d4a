#pragma once

#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"

#include <algorithm>
#include <cstdint>

namespace hive {

/// Counts records and those that failed. What ended long before it was recorded is left out: imports of old records
/// say nothing of how tasks end now.
class task_totals {
public:
  /// Begins to count anew.
  void begin(int64_t now_unix_micros) {
    run_ = std::max(run_ + 1, static_cast<uint64_t>(now_unix_micros)); // the clock may have been set back
    records_ = failures_ = 0;
  }

  void add(wire::TaskRecord::Reader record, int64_t now_unix_micros) {
    constexpr int64_t recent_us = 600'000'000;
    if (record.getTimestamp() != 0 && record.getTimestamp() < now_unix_micros - recent_us)
      return;
    ++records_;
    failures_ += !record.getSuccess();
  }

  msg<wire::TaskTotals> answer() const {
    return msg<wire::TaskTotals>::build([&](wire::TaskTotals::Builder out) {
      out.setRun(run_);
      out.setRecords(records_);
      out.setFailures(failures_);
    });
  }

private:
  uint64_t run_ = 0;
  uint64_t records_ = 0;
  uint64_t failures_ = 0;
};

} // namespace hive
