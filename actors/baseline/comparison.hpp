#pragma once

#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"

#include <span>

namespace hive {

/// The differences between two baselines of an agent, as HART OS computes them: what is missing counts as 0, deltas
/// have 4 decimals.
msg<wire::BaselineComparison> compare(wire::Baseline::Reader before, wire::Baseline::Reader after);

/// The trend from the first baseline to the last by HART OS's rule of 10%: of the rewards, and of the expected
/// durations, where shorter is better. Insufficient data below two baselines.
msg<wire::AgentTrend> trend_of(std::span<const msg<wire::BaselineSummary>> oldest_first);

} // namespace hive
