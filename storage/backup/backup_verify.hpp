#pragma once

#include "messages/backup.capnp.h"
#include "messages/msg.hpp"

#include <atomic>
#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>

namespace hive {

struct verify_options {
  uint32_t number = 0; ///< the backup; 0: all of the directory
  bool open = false;   ///< also open each copy and count its records
};

/// Reads all files of the backups, each once, and compares them with the manifests. With `open`, also opens each copy
/// where it lies and compares its newest write and its number of records per kind. What is wrong with a backup is in
/// the answer, and names the file. Notes in the directory which backups were whole, if it may be written to.
///
/// ec::not_found when there is no such backup, or none at all; ec::busy while one is being made or deleted.
caf::expected<msg<wire::BackupVerification>> verify_backups(const std::filesystem::path& directory,
                                                            const verify_options& options,
                                                            const std::atomic<bool>& cancelled);

/// The same for one backup, without a note, in a directory that is locked already. The error names the damaged file.
caf::error verify_backup(const std::filesystem::path& directory, wire::BackupManifest::Reader manifest,
                         const std::atomic<bool>& cancelled);

} // namespace hive
