#include "actors/benchmark/adapter_names.hpp"

#include "messages/text.hpp"

namespace hive {

caf::error adapter_names::check_room(size_t added) const {
  if (added > 0 && adapters_.size() + reserved_.size() + added > defaults::max_adapters)
    return fail(ec::overloaded, "a node holds at most " + std::to_string(defaults::max_adapters) + " adapters");
  return caf::none;
}

caf::error adapter_names::why_taken(const std::string& name, bool replaces) const {
  auto* found = adapters_.find(name);
  if (found && replaces && found->definition.source == "builtin")
    return fail(ec::forbidden, "the adapter " + name + " is built in and is not replaced");
  if (found && replaces && found->definition.owner)
    return fail(ec::forbidden, "the adapter " + name + " is installed from " + found->definition.source +
                                 " and is not replaced; it can be removed");
  if (reserved_.contains(name))
    return replaces ? fail(ec::busy, "an adapter named " + name + " is being registered")
                    : fail(ec::already_exists, "an adapter named " + name + " exists already");
  if (found && !replaces)
    return fail(ec::already_exists, "an adapter named " + name + " exists already; it can be replaced or removed");
  return check_room(found ? 0 : 1);
}

caf::error adapter_names::why_not_offered(const adapter_definition& offered) const {
  auto* found = adapters_.find(offered.name);
  // Its owner may have been restarted since, so the handles need not be the same.
  bool has_owner = found && found->definition.owner;
  if (reserved_.contains(offered.name) || (found && !has_owner))
    return fail(ec::already_exists, "an adapter named " + offered.name + " exists already");
  return check_room(found ? 0 : 1);
}

caf::error adapter_names::find_changed(wire::RegisterWorker::Reader request,
                                       const std::function<adapter_definition(const msg<wire::WorkerAdapter>&)>& define,
                                       std::vector<msg<wire::WorkerAdapter>>& changed) const {
  size_t added = 0;
  for (auto spec : request.getAdapters()) {
    auto name = std::string{as_view(spec.getName())};
    if (spec.getTier() != wire::Tier::FAST && spec.getTier() != wire::Tier::HEAVY)
      return fail(ec::invalid, "/adapters/" + name + "/tier must be fast or heavy");
    if (reserved_.contains(name))
      return fail(ec::busy, "an adapter named " + name + " is being registered");
    auto* found = adapters_.find(name);
    if (found && found->definition.source != "worker")
      return fail(ec::already_exists, "an adapter named " + name + " exists already, and no worker runs it");
    auto wanted = msg<wire::WorkerAdapter>::copy_of(spec);
    if (found && found->definition.is_same(define(wanted)))
      continue;
    changed.push_back(std::move(wanted));
    added += !found;
  }
  return check_room(added);
}

} // namespace hive
