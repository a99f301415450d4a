#pragma once

#include "actors/benchmark/run_adapter.hpp"
#include "actors/remote/api.hpp"
#include "messages/benchmark.capnp.h"

#include <span>
#include <string>

namespace hive {

/// Reads the result of a measuring command, whose standard output must be exactly `{"metrics": {name: {value,
/// direction, unit}}}`, `{"skipped": "why"}`, or HART OS's `{"skipped": true, "reason": "why"}`. `command` is quoted in
/// error texts.
///
/// Fails with ec::timed_out, ec::process_failed (a signal or a non-zero exit status), ec::too_large (truncated output),
/// ec::malformed or ec::invalid (any other output); the text says how the command ended and what it wrote to standard
/// error.
caf::expected<msg<wire::Measurement>> read_measurement(std::span<const std::string> command,
                                                       wire::RunResult::Reader result);

/// What a registered command's adapter runs.
run_plan plan_of_command(const msg<wire::CommandSpec>& spec);

/// Spawns the adapter of a registered command. Its time limit covers a measurement with all its repeats.
adapter_actor spawn_command_adapter(caf::actor_system& system, run_adapter_services services,
                                    msg<wire::CommandSpec> spec);

} // namespace hive
