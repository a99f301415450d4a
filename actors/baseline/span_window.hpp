#pragma once

#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// The execution spans of an agent that the node keeps: the newest `defaults::kept_spans` successful ones and as many
/// others. Pure; the owner stores what `add` says.
class span_window {
public:
  /// Writes that bring the store up to date.
  struct change {
    std::vector<msg<wire::ExecutionSpan>> put;
    std::vector<uint64_t> erase; ///< sequences
    std::vector<uint32_t> ended; ///< places of the given spans that are runs of an action which ended with them
  };

  /// Adds a stored span; call it in order of their sequences.
  void restore(wire::ExecutionSpan::Reader span);

  /// Adds spans, oldest first. A span with the id of a kept one replaces it and keeps its place. New ones get sequences
  /// from `next_sequence` on, which advances. The change may erase sequences that it also put.
  change add(capnp::List<wire::ExecutionSpan>::Reader spans, uint64_t& next_sequence);

  void clear() {
    spans_.clear();
  }

  bool empty() const {
    return spans_.empty();
  }

  /// HART OS's aggregates over the newest 100 successful spans, or over the newest 100 of any status when none
  /// succeeded; only those of one session when it is given. Nothing without spans. Durations that are absent or zero
  /// are not averaged, a reward event without a reward counts as 0, and each reward of a span counts. With at least 10
  /// rewards, the trend compares the means of the two halves by `reward_trend`.
  std::optional<msg<wire::LightningMetrics>> metrics(std::string_view session) const;

private:
  struct entry {
    uint64_t sequence = 0;
    bool succeeded = false;
    bool failed = false; ///< status error
    bool is_run = false; ///< names its action
    double start_s = 0;  ///< NaN when unknown
    double duration_s = 0;
    std::vector<double> rewards;
    std::string id;
    std::string session;
  };

  static entry entry_of(wire::ExecutionSpan::Reader span, uint64_t sequence);
  std::vector<const entry*> in_order(std::string_view session) const;
  void trim(change& out);

  std::vector<entry> spans_; ///< in order of their sequences
};

/// Whether `later` is more than 10% better or worse than `earlier`, as HART OS's trends of rewards. For a negative
/// `earlier`, where HART OS's rule would call a fall a rise, the margin is 10% of its size, at least 0.01.
wire::Trend reward_trend(double earlier, double later);

} // namespace hive
