#pragma once

#include "storage/backup/backup_restore.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

namespace hive {

/// A restored store, after its identity was decided.
struct restored_store {
  std::string node;
  uint64_t epoch = 0;
  uint64_t sequence = 0; ///< of its newest write
};

/// Opens the files of a restored store in `store`, gives them their identity, and closes them; all is in tables then.
/// It must end as the manifest says: ec::corrupt otherwise. Of a new node nothing is left that could act for the
/// original one: neither its secret key, nor its slots, votes and open leases, nor deleted copies of them.
caf::expected<restored_store> decide_identity(const std::filesystem::path& store, wire::BackupManifest::Reader manifest,
                                              const restore_options& options);

} // namespace hive
