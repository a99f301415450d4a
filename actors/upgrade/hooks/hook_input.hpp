#pragma once

#include "actors/upgrade/hooks/api.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/hook.capnp.h"
#include "messages/msg.hpp"

#include <span>
#include <string>

namespace hive {

struct hook_runner_options;

/// The decision as the hook reads it. Texts that are no UTF-8 are escaped, and a reason beyond its bound is cut.
msg<wire::HookInput> hook_input_of(const hook_order& order);

/// The process that runs this command for the order.
msg<wire::RunCommand> hook_process_of(const hook_order& order, std::span<const std::string> command,
                                      const hook_runner_options& options);

/// The outcome of a process that has ended.
hook_outcome hook_outcome_of(std::span<const std::string> command, wire::RunResult::Reader result);

} // namespace hive
