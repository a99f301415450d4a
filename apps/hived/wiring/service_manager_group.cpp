#include "apps/hived/wiring/service_manager_group.hpp"

#include "apps/hived/service_notifier.hpp"
#include "apps/hived/wiring/readiness.hpp"

namespace hive {

std::vector<service> service_manager_group::services() {
  if (!node_.manager)
    return {};
  return {{"service manager", [this]() -> caf::expected<caf::actor> {
             notifier_options options{node_.manager, [&node = node_] { return why_not_ready(node); }};
             return spawn_service_notifier(node_.system, {base_.committer}, std::move(options));
           }}};
}

} // namespace hive
