#include "apps/hived/wiring/review_group.hpp"

#include "actors/http/review_routes.hpp"
#include "actors/review/reviewer.hpp"
#include "storage/directory.hpp"

#include <caf/all.hpp>
#include <filesystem>
#include <system_error>

namespace hive {

std::vector<service> review_group::services() {
  return {make_service("reviewer", reviewer, [this] {
    auto options = node_.config.review;
    // --data may hold "..", which a sandbox binds nowhere.
    std::error_code error;
    auto data = std::filesystem::canonical(node_.config.store.directory, error);
    options.directory = checkouts_path(error ? node_.config.store.directory : data);
    return spawn_reviewer(node_.system, {node_.db, base_.committer, adapters_.runner, agents_.baselines},
                          std::move(options));
  })};
}

std::vector<http::route> review_group::routes() const {
  return http::review_routes(reviewer);
}

} // namespace hive
