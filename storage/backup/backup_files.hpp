#pragma once

#include "messages/backup.capnp.h"

#include <atomic>
#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// A file of a backup, with one of the two digests.
struct backup_file {
  std::string path; ///< relative to the directory of backups
  uint64_t size = 0;
  std::string sha256;
  std::string xxh3;
  bool operator==(const backup_file&) const = default;

  /// Whether it is a table, which several backups share.
  bool is_shared() const {
    return !xxh3.empty();
  }
};

std::vector<backup_file> files_of(wire::BackupManifest::Reader manifest);

/// The form in which manifests have the XXH3 digest of a table.
std::string xxh3_text(uint64_t digest);

/// Reads a file of `directory` and describes it; the digest is that of a table if `is_shared`.
caf::expected<backup_file> describe_file(const std::filesystem::path& directory, std::string path, bool is_shared);

/// Reads the file and compares it. ec::corrupt, naming it, when it is missing or not as it was.
caf::error check_backup_file(const std::filesystem::path& directory, const backup_file& file);

/// Files that are damaged, each with what is wrong with it.
using damaged_files = std::map<std::string, caf::error>;

/// Checks files on up to four threads. ec::unavailable when `cancelled`.
caf::expected<damaged_files> check_backup_files(const std::filesystem::path& directory,
                                                const std::vector<backup_file>& files,
                                                const std::atomic<bool>& cancelled);

/// Part of the files, so that all were read once after some calls: those that follow `cursor` in the order of their
/// paths, until they have `budget` bytes.
std::vector<backup_file> choose_sample(std::vector<backup_file> files, std::string_view cursor, uint64_t budget);

/// The name in the store of a table that the engine calls `path`, such as 000012.sst.
std::string table_name(std::string_view path);

} // namespace hive
