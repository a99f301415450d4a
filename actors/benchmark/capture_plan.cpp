#include "actors/benchmark/capture_plan.hpp"

#include "actors/benchmark/given_result.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <set>

namespace hive {
namespace {

/// Why the request may not name this adapter.
caf::error check_named(const std::string& name, wire::Tier tier, const adapter_table& adapters) {
  auto* found = adapters.find(name);
  if (!found)
    return fail(ec::invalid, "/adapters: this node has no adapter " + name);
  if (!found->definition.belongs_to(tier))
    return fail(ec::invalid,
                "/adapters: " + name + " does not belong to the tier asked for; tier all has every adapter");
  return caf::none;
}

} // namespace

std::map<std::string, adapter_actor> capture_plan::handles() const {
  std::map<std::string, adapter_actor> out;
  for (const auto& member : members)
    out.emplace(member.definition.name, member.handle);
  return out;
}

caf::expected<capture_plan> plan_capture(wire::CaptureRequest::Reader request, const adapter_table& adapters) {
  if (request.getTier() == wire::Tier::DYNAMIC)
    return fail(ec::invalid, "/tier must be fast, heavy or all");
  capture_plan out;
  std::set<std::string> given, named;
  for (auto each : request.getMeasurements()) {
    auto outcome = read_given(each);
    if (!outcome)
      return outcome.error();
    given.insert(outcome->name);
    out.given.push_back(std::move(*outcome));
  }
  for (auto each : request.getAdapters()) {
    std::string name{as_view(each)};
    if (auto wrong = check_named(name, request.getTier(), adapters))
      return wrong;
    if (given.contains(name))
      return fail(ec::invalid, "/adapters: " + name + " is given in measurements too");
    named.insert(std::move(name));
  }
  out.members = adapters.members_of(request.getTier());
  std::erase_if(out.members, [&](const capture_member& member) {
    const auto& name = member.definition.name;
    return given.contains(name) || (request.hasAdapters() && !named.contains(name));
  });
  if (out.members.empty() && out.given.empty())
    return fail(ec::no_data, request.hasAdapters() ? "no adapter is named and no measurement given"
                                                   : "no adapter belongs to the tier asked for");
  return out;
}

} // namespace hive
