#include "actors/http/backup_routes.hpp"

#include "messages/backup.capnp.h"

namespace hive::http {
namespace {

/// A large store on a slow disk takes hours, and more under a limit of the rate.
constexpr auto backup_timeout = std::chrono::hours{7 * 24};

} // namespace

std::vector<route> backup_routes(const backups_actor& backups) {
  using namespace wire;
  using enum method;
  return {
    // The copy holds the node's secret key, and is written wherever the request says.
    route::ask<BackupRequest, BackupMade>(post, "/api/v1/backups", backups, "Make a backup of the node's store",
                                          {.status = 201, .timeout = backup_timeout})
      .for_role(role::operate)
      .with_long_wait(),
    route::ask<BackupsQuery, Backups>(get, "/api/v1/backups", backups, "The backups in the configured directory"),
  };
}

} // namespace hive::http
