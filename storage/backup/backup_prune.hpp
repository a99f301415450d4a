#pragma once

#include "messages/backup.capnp.h"
#include "messages/msg.hpp"
#include "storage/backup/backup_retention.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace hive {

struct prune_options {
  retention keep = {};             ///< without a rule, nothing but `drop` is deleted
  std::vector<uint32_t> drop = {}; ///< backups to delete whatever the rules say
  bool dry_run = false;
};

/// Deletes backups. The newest one, and the newest that was verified, are never deleted by a rule; the newest verified
/// one cannot be dropped either while there are others. Damaged backups are not deleted by a rule. A backup is gone at
/// once; if the process ends before its files are, they are leftovers.
///
/// ec::not_found for a backup to drop that is not there; ec::invalid for one that must stay; ec::busy; ec::corrupt
/// while a backup that stays is damaged in such a way that its tables could be taken for leftovers: drop it, or repair
/// it.
caf::expected<msg<wire::BackupsPruned>> prune_backups(const std::filesystem::path& directory,
                                                      const prune_options& options);

} // namespace hive
