#pragma once

#include "messages/backup.capnp.h"
#include "messages/msg.hpp"

#include <atomic>
#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>

namespace hive {

/// What becomes of the node's identity.
enum class restore_as : uint8_t {
  same_node, ///< it stays, in a later epoch; the original must not run any more
  new_node,  ///< the store gets a new one; what the original said in its hive, and its votes, are not in it
};

struct restore_options {
  uint32_t number = 0;             ///< the backup; 0: the newest
  std::filesystem::path data = {}; ///< the new data directory, which must not exist
  restore_as as = restore_as::same_node;
  uint64_t epoch_above = 0; ///< an epoch of the node that others have seen
};

/// A restored node continues so many epochs later: it may have been started so often since the backup, and others must
/// not take what it says now for older than what it said then.
inline constexpr uint64_t restored_epoch_gap = 1'000;

/// Copies the store of a backup into a new data directory. Verifies the backup first. The store is gathered in
/// DATA.partial and renamed once all of it is durable, so DATA is absent or whole, whenever the process ends; the next
/// attempt removes what is left of this one. Asks no node whether the original still runs: callers do.
///
/// Errors name the file: ec::not_found, ec::already_exists if the target exists, ec::corrupt if the backup is damaged,
/// ec::busy, ec::storage_failed, ec::unsupported for a store of a later version.
caf::expected<msg<wire::BackupRestored>> restore_backup(const std::filesystem::path& directory,
                                                        const restore_options& options,
                                                        const std::atomic<bool>& cancelled);

/// The manifest of a backup, or with number 0 of the newest. ec::not_found when there is none.
caf::expected<msg<wire::BackupManifest>> find_backup(const std::filesystem::path& directory, uint32_t number);

} // namespace hive
