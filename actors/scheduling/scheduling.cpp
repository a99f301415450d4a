#include "actors/scheduling/scheduling.hpp"

#include "actors/scheduling/shared_work.hpp"
#include "platform/container_limits.hpp"

#include <algorithm>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/coordinator.hpp>
#include <charconv>
#include <cmath>
#include <sched.h>
#include <thread>

namespace hive {

uint32_t usable_cores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0)
    return static_cast<uint32_t>(CPU_COUNT(&set));
  return std::thread::hardware_concurrency(); // more than 1,024 cores do not fit into `set`
}

size_t actor_threads_for(size_t cores, std::string_view processor_limit) {
  auto out = static_cast<double>(std::max<size_t>(1, cores));
  double limit = 0;
  auto [end, wrong] = std::from_chars(processor_limit.data(), processor_limit.data() + processor_limit.size(), limit);
  if (wrong == std::errc{} && limit > 0)
    out = std::min(out, std::ceil(limit));
  return static_cast<size_t>(out);
}

size_t default_actor_threads() {
  return actor_threads_for(usable_cores(), find_container_limits().processors);
}

void configure_scheduling(caf::actor_system_config& config, size_t threads) {
  config.load<caf::scheduler::coordinator<shared_work>>();
  config.set("scheduler.max-threads", threads);
}

} // namespace hive
