#include "actors/http/hive_routes.hpp"

namespace hive::http {

std::vector<route> hive_routes(const roster_actor& roster) {
  return {route::ask<wire::NodeQuery, wire::NodeList>(method::get, "/api/v1/hive/nodes", roster,
                                                      "This node and those it knows")};
}

} // namespace hive::http
