#pragma once

#include "actors/benchmark/measure_once.hpp"
#include "actors/upgrade/paired_session.hpp"
#include "messages/msg.hpp"
#include "messages/upgrade.capnp.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace hive {

struct run_start {
  int64_t unix_micros;
  std::chrono::steady_clock::time_point steady;
};

/// The record of a run of one version that has just ended.
msg<wire::MeasuredRun> describe_run(wire::RunSide side, const std::string& version, const run_start& began,
                                    const measured_once& got);

/// The record of a round of these runs. `processors` is the number of the machine's.
msg<wire::MeasuredRound> describe_round(const next_round& round, std::span<const msg<wire::MeasuredRun>> runs,
                                        uint32_t processors);

} // namespace hive
