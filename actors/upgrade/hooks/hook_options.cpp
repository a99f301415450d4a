#include "actors/upgrade/hooks/hook_options.hpp"

#include "messages/ec.hpp"

#include <algorithm>

namespace hive {

caf::error hook_runner_options::validate() const {
  for (const auto& [action, command] : commands) {
    if (std::ranges::find(hook_actions, action) == hook_actions.end())
      return fail(ec::invalid, action + " is no action that can have a hook");
    if (!command.empty() && command.front().empty())
      return fail(ec::invalid, action + " has no program");
    if (command.size() > defaults::max_hook_arguments)
      return fail(ec::invalid, action + " has more than " + std::to_string(defaults::max_hook_arguments) + " elements");
  }
  if (timeout.count() <= 0 || timeout > defaults::max_process_timeout)
    return fail(ec::invalid, "timeout_s must be above 0 and at most 24 hours");
  if (kill_grace.count() < 0)
    return fail(ec::invalid, "kill_grace is negative");
  return caf::none;
}

} // namespace hive
