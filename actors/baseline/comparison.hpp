#pragma once

#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"
#include "messages/runs.capnp.h"

#include <span>

namespace hive {

/// The differences between two baselines of an agent, as HART OS computes them: what is missing counts as 0, deltas
/// have 4 decimals. Beside them the items that ran while each was the newest capture: paired, with exact McNemar or a
/// sign-flip test (see analysis/paired.hpp), how flaky they are, and what the agent did otherwise.
msg<wire::BaselineComparison> compare(wire::Baseline::Reader before, wire::Baseline::Reader after,
                                      std::span<const msg<wire::AgentItem>> items_before = {},
                                      std::span<const msg<wire::AgentItem>> items_after = {});

/// The trend over baselines: of the rewards, and of the expected durations, where shorter is better. Below ten, from
/// the first to the last by HART OS's rule of 10%; insufficient data below two. From ten on, by a trend test over the
/// newest `analysis::max_trend_values` (see analysis/trend.hpp).
msg<wire::AgentTrend> trend_of(std::span<const msg<wire::BaselineSummary>> oldest_first);

} // namespace hive
