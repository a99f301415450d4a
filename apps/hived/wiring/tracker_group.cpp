#include "apps/hived/wiring/tracker_group.hpp"

#include "actors/http/task_routes.hpp"
#include "actors/tracker/delta_publisher.hpp"
#include "actors/tracker/tool_slots.hpp"

#include <caf/all.hpp>

namespace hive {

std::vector<service> tracker_group::services() {
  return {make_service("tracker", tracker,
                       [this] {
                         return spawn_tracker(node_.system, {base_.db, base_.committer}, describe_tracker());
                       }),
          make_service("publisher", publisher, [this] {
            return spawn_delta_publisher(node_.system, {base_.db, base_.committer});
          })};
}

std::vector<slot_topic> tracker_group::topics() const {
  return {{tool_stats_rules(), tracker, tracker}};
}

std::vector<http::route> tracker_group::routes() const {
  return http::task_routes(tracker);
}

tracker_options tracker_group::describe_tracker() const {
  auto out = node_.config.tracker;
  out.node = node_.identity.id.value;
  if (size_ == tracker_size::small)
    out.ledger.remembered_keys = defaults::namespace_task_keys;
  return out;
}

} // namespace hive
