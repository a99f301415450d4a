#pragma once

#include "messages/backup.capnp.h"
#include "messages/msg.hpp"
#include "platform/identity/node_identity.hpp"
#include "storage/database.hpp"

#include <atomic>
#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

namespace hive {

struct backup_options {
  /// Directory of the backups; created when missing, for this user alone. Must not be in the data directory.
  std::filesystem::path directory;

  /// Most bytes that are copied per second. Default 0: no limit.
  uint64_t rate_bytes = 0;

  /// Free disk space that a backup must leave in its directory, in bytes. Default 1 GiB: more than the store itself
  /// must leave, so that on a disk of both a backup does not stop the node's writes. One that would go below it ends,
  /// and what it wrote is removed.
  uint64_t min_free_bytes = uint64_t{1} << 30;
};

/// What is copied, and in whose name.
struct backup_subject {
  const database& db;
  node_identity node;
  std::filesystem::path data;          ///< the node's data directory
  std::filesystem::path configuration; ///< the node's configuration file; empty: none
  std::string software;                ///< the version of hived
};

/// Makes a backup. Every file is durable and every new table compared with what the store wrote before the manifest
/// says that the backup is complete. The copy is opened and its records counted. Of the tables that earlier backups
/// brought, some are read and compared each time, and all files of the directory a week after that was last done; a
/// damaged one is copied again from the store.
///
/// Takes as long as the disk needs; writes to the store go on. A failure leaves the earlier backups as they were.
/// Errors name the directory or file: ec::invalid for a directory that cannot be used, ec::busy while another process
/// uses it, ec::storage_failed when the disk is full or fails, ec::corrupt when the store is damaged, ec::unavailable
/// when `cancelled`.
caf::expected<msg<wire::BackupMade>> create_backup(const backup_subject& subject, const backup_options& options,
                                                   const std::atomic<bool>& cancelled);

/// ec::invalid, naming it, unless backups of a store in `data` may be written to `directory`: it must be an absolute
/// path outside of the data directory, and must not hold that.
caf::error check_backup_place(const std::filesystem::path& directory, const std::filesystem::path& data);

} // namespace hive
