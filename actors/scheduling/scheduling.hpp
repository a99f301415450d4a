#pragma once

#include <caf/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hive {

/// Cores on which this process may run: fewer than the machine's under taskset or in a container.
uint32_t usable_cores();

/// Threads for `cores` under the limit of processors of a control group, as container_limits has it: as many as can run
/// at the same time, at least one.
size_t actor_threads_for(size_t cores, std::string_view processor_limit);

/// The same for the cores and the control group of this process.
size_t default_actor_threads();

/// Sets how an actor system runs its actors, apart from detached ones, which have threads of their own: `threads`
/// threads with one queue (see work_queue). Call it once for a configuration. For everything that runs or measures what
/// a node does.
void configure_scheduling(caf::actor_system_config& config, size_t threads = default_actor_threads());

} // namespace hive
