#pragma once

#include "actors/benchmark/run_adapter.hpp"
#include "actors/process/api.hpp"
#include "actors/remote/api.hpp"
#include "messages/benchmark.capnp.h"

namespace hive {

/// Reads what a measuring command left: `{"metrics": {name: {value, direction, unit}}}` or `{"skipped": "why"}`, and
/// nothing else, on its standard output. `command` names it in errors.
///
/// Fails with ec::timed_out, ec::process_failed (a signal, an exit status other than 0), ec::too_large (more output
/// than was kept), ec::malformed or ec::invalid (no such document); the text says how it ended and what it wrote to
/// standard error.
caf::expected<msg<wire::Measurement>> read_measurement(std::span<const std::string> command,
                                                       wire::RunResult::Reader result);

/// The adapter of a registered command. Its time limit holds for a measurement with all its repeats.
adapter_actor::behavior_type command_adapter(adapter_actor::stateful_pointer<run_adapter_state> self,
                                             runner_actor runner, msg<wire::CommandSpec> spec);

} // namespace hive
