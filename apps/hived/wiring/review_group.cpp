#include "apps/hived/wiring/review_group.hpp"

#include "actors/http/review_routes.hpp"
#include "actors/review/reviewer.hpp"
#include "storage/directory.hpp"

#include <caf/all.hpp>

namespace hive {

std::vector<service> review_group::services() {
  return {make_service("reviewer", reviewer, [this] {
    auto options = node_.config.review;
    options.directory = checkouts_path(node_.config.store.directory);
    return spawn_reviewer(node_.system, {node_.db, base_.committer, adapters_.runner, agents_.baselines},
                          std::move(options));
  })};
}

std::vector<http::route> review_group::routes() const {
  return http::review_routes(reviewer);
}

} // namespace hive
