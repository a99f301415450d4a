#include "actors/http/hive_routes.hpp"

namespace hive::http {

std::vector<route> hive_routes(const federation_actor& federation) {
  using namespace wire;
  return {route::ask<PublishedDeltaQuery, LearningDelta>(method::get, "/api/v1/hive/published", federation,
                                                         "What this node handed to the hive last")};
}

} // namespace hive::http
