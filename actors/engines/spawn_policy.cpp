#include "actors/engines/spawn_policy.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>

namespace hive {
namespace {

bool begins_with(capnp::List<capnp::Text>::Reader command, const std::vector<std::string>& words) {
  if (command.size() < words.size())
    return false;
  for (uint32_t i = 0; i < words.size(); ++i)
    if (as_view(command[i]) != words[i])
      return false;
  return true;
}

/// An engine may choose only the words of a command, since a chosen environment or working directory can make any
/// program run another one.
caf::error check_command(wire::CommandSpec::Reader spec, const std::vector<std::vector<std::string>>& allowed) {
  auto command = spec.getCommand();
  auto program = command.size() > 0 ? std::string{as_view(command[0])} : std::string{};
  if (std::none_of(allowed.begin(), allowed.end(), [&](const auto& words) { return begins_with(command, words); }))
    return fail(ec::forbidden, "running a command is operating the node, and " + program +
                                 " as it is given is not among engines.commands of this node");
  if (spec.getEnvironment().size() > 0 || spec.getWorkdir().size() > 0)
    return fail(ec::forbidden, "an engine may not set the environment or the working directory of a command");
  return caf::none;
}

} // namespace

caf::error spawn_policy::validate() const {
  for (const auto& words : commands)
    if (words.empty() || !words.front().starts_with('/'))
      return fail(ec::invalid, "commands: each must begin with the absolute path of a program");
  return caf::none;
}

caf::error spawn_policy::check_kind(wire::SpawnSpec::Reader spec) const {
  if (spec.hasAdapter() + spec.hasResearch() + spec.hasBenchmark() != 1)
    return fail(ec::invalid, "exactly one of adapter, research and benchmark must be given");
  if (spec.hasResearch() && spec.getResearch().getId().size() == 0)
    return fail(ec::invalid, "research.id must be given");
  auto check_allowed = [](const char* kind, bool allowed) {
    return allowed ? caf::error{} : fail(ec::forbidden, std::string{kind} + " is not among engines.allow of this node");
  };
  if (spec.hasAdapter())
    return check_allowed("adapter", adapters);
  return spec.hasResearch() ? check_allowed("research", research) : check_allowed("benchmark", benchmarks);
}

caf::error spawn_policy::check_spawn(wire::SpawnSpec::Reader spec) const {
  if (auto err = check_kind(spec))
    return err;
  if (spec.getStay() && !stay)
    return fail(ec::forbidden, "engines.stay_allowed is false on this node");
  return spec.hasAdapter() ? check_command(spec.getAdapter(), commands) : caf::error{};
}

} // namespace hive
