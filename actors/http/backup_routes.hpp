#pragma once

#include "actors/backup/api.hpp"
#include "actors/http/route.hpp"

#include <vector>

namespace hive::http {

/// Routes of the backups of the node's store.
std::vector<route> backup_routes(const backups_actor& backups);

} // namespace hive::http
