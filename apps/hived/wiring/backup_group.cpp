#include "apps/hived/wiring/backup_group.hpp"

#include "actors/backup/backup_keeper.hpp"
#include "actors/http/backup_routes.hpp"
#include "platform/version.hpp"

#include <caf/all.hpp>

namespace hive {

std::vector<service> backup_group::services() {
  return {make_service("backups", backups, [this] {
    backup_keeper_options options;
    options.backups = node_.config.backup.options;
    options.every = node_.config.backup.every;
    options.node = node_.identity;
    options.data = node_.config.store.directory;
    options.configuration = node_.config.file;
    options.software = version_text;
    return spawn_backup_keeper(node_.system, {node_.db}, std::move(options));
  })};
}

std::vector<http::route> backup_group::routes() const {
  return http::backup_routes(backups);
}

} // namespace hive
