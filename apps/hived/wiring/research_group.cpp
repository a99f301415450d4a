#include "apps/hived/wiring/research_group.hpp"

#include "actors/daemon/coding_daemon.hpp"
#include "actors/http/research_routes.hpp"
#include "actors/tracker/research.hpp"

#include <caf/all.hpp>

namespace hive {

std::vector<service> research_group::services() {
  return {
    make_service("research", research,
                 [this] {
                   return spawn_research(node_.system, {node_.db, base_.committer, tracker_.tracker, tracker_.publisher,
                                                        baseline_.baselines});
                 }),
    make_service(
      "coding daemon", coding_daemon,
      [this] {
        return spawn_coding_daemon(node_.system, {tracker_.tracker, tracker_.publisher}, node_.config.coding_daemon);
      }),
  };
}

std::vector<http::route> research_group::routes() const {
  return http::research_routes(research);
}

} // namespace hive
