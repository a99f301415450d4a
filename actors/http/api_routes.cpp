#include "actors/http/api_routes.hpp"

#include <iterator>

namespace hive::http {

std::vector<route> api_routes(std::vector<std::vector<route>> groups, const openapi_info& info) {
  std::vector<route> routes;
  for (auto& group : groups)
    routes.insert(routes.end(), std::make_move_iterator(group.begin()), std::make_move_iterator(group.end()));
  auto text = std::make_shared<std::string>(); // written last, because the document describes its own route too
  routes.push_back(route::raw(method::get, "/openapi.json", "The OpenAPI document of this API", "application/json",
                              [text](const exchange_ptr& to) {
                                to->answer({200, "application/json", *text, {}, {}});
                              }));
  *text = openapi_document(routes, info);
  return routes;
}

} // namespace hive::http
