#include "actors/http/history_routes.hpp"

#include "messages/history.capnp.h"

namespace hive::http {

std::vector<route> history_routes(const historian_actor& historian) {
  using namespace wire;
  using enum method;
  return {
    route::ask<MetricHistoryQuery, MetricHistory>(get, "/api/v1/metrics/{adapter}/{name}/history", historian,
                                                  "The history of a metric, and what changed")
      .with_large_answers(),
    route::ask<MetricsQuery, MetricList>(get, "/api/v1/metrics", historian, "All metrics, those that moved first")
      .with_large_answers(),
    route::ask<ChangesQuery, ChangeList>(get, "/api/v1/changes", historian, "The changes of all metrics")
      .with_large_answers(),
  };
}

} // namespace hive::http
