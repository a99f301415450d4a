#pragma once

#include "actors/http/path_tree.hpp"
#include "actors/http/route.hpp"

#include <vector>

namespace hive::http {

/// Routes that are found by their paths.
class route_set {
public:
  explicit route_set(std::vector<route> routes) : routes_{std::move(routes)}, paths_{routes_} {
  }
  route_set(const route_set&) = delete;
  route_set& operator=(const route_set&) = delete;

  const route* find(method verb, std::string_view path) const {
    return paths_.find(verb, path).found;
  }

private:
  const std::vector<route> routes_;
  const path_tree paths_;
};

} // namespace hive::http
