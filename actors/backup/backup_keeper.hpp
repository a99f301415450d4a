#pragma once

#include "actors/backup/api.hpp"
#include "platform/identity/node_identity.hpp"
#include "storage/backup/backup_create.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace hive {

struct backup_keeper_services {
  std::shared_ptr<const database> db;
};

struct backup_keeper_options {
  /// The directory that is used if a request names none, with the limits of all; empty: none.
  backup_options backups;
  /// Time between the backups that the node makes by itself; 0: none. Needs a directory.
  std::chrono::seconds every{0};

  node_identity node;
  std::filesystem::path data;          ///< the node's data directory
  std::filesystem::path configuration; ///< its configuration file; empty: none
  std::string software;                ///< the version of hived
};

/// Spawns the actor that makes backups, each on a thread of its own, and tells which there are. One that runs when the
/// actor ends is stopped, and leaves nothing. A failed backup ends no more than its request; one that the node makes by
/// itself is tried again ten minutes later.
backups_actor spawn_backup_keeper(caf::actor_system& system, backup_keeper_services services,
                                  backup_keeper_options options);

} // namespace hive
