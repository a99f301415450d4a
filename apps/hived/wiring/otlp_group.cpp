#include "apps/hived/wiring/otlp_group.hpp"

#include "actors/http/otlp_routes.hpp"

namespace hive {

std::vector<http::route> otlp_group::routes() const {
  return http::otlp_routes(agents_.baselines, tracker_.tracker);
}

} // namespace hive
