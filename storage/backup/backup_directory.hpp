#pragma once

#include "messages/backup.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"
#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// A directory with the backups of one node:
///
///     owner.json            whose backups these are
///     engine/               RocksDB's BackupEngine: meta/N, private/N/…, shared_checksum/…
///     backups/N/            what Hivemark adds to backup N: hived.toml, and manifest.json, written last
///     checks.json           when backups were last found whole; nothing depends on it
///
/// Files never change once they are written, but for checks.json. A backup without backups/N is none: it is a leftover,
/// which the next one removes.
namespace hive {

namespace backup_paths {

std::filesystem::path engine(const std::filesystem::path& directory);
std::filesystem::path owner(const std::filesystem::path& directory);
std::filesystem::path checks(const std::filesystem::path& directory);
std::filesystem::path backups(const std::filesystem::path& directory);
/// What Hivemark adds to a backup.
std::filesystem::path of_backup(const std::filesystem::path& directory, uint32_t number);
std::filesystem::path manifest(const std::filesystem::path& directory, uint32_t number);
/// Where the parts of `of_backup` are gathered until they are complete, and while they are removed.
std::filesystem::path unfinished(const std::filesystem::path& directory, uint32_t number);

inline constexpr auto manifest_name = "manifest.json";
inline constexpr auto configuration_name = "hived.toml";
inline constexpr auto unfinished_suffix = ".unfinished";

} // namespace backup_paths

enum class backup_use : uint8_t { read, write };

/// Keeps other processes from writing to the directory, or from using it at all. ec::not_found when it does not exist,
/// ec::busy when another process uses it.
caf::expected<unique_fd> lock_backups(const std::filesystem::path& directory, backup_use use);

/// Makes the directory ready for backups of `node`: creates it, for this user alone, and locks it. Errors name it:
/// ec::invalid when it holds something else, or the backups of another node.
caf::expected<unique_fd> prepare_backups(const std::filesystem::path& directory, const node_id& node);

/// The directory's owner; nothing when it holds no backups yet. ec::corrupt, naming the file, when that is damaged.
caf::expected<std::optional<node_id>> owner_of_backups(const std::filesystem::path& directory);

/// Numbers of the backups that were completed, damaged ones too, oldest first. ec::not_found or ec::unavailable.
caf::expected<std::vector<uint32_t>> backup_numbers(const std::filesystem::path& directory);

/// The manifest of a backup. Errors name the file: ec::not_found, or ec::corrupt when it is damaged or of another
/// backup or node.
caf::expected<msg<wire::BackupManifest>> read_manifest(const std::filesystem::path& directory, uint32_t number);

/// When backups were last found whole; the empty record if there is no note, or no readable one.
msg<wire::BackupChecks> read_checks(const std::filesystem::path& directory);
caf::error write_checks(const std::filesystem::path& directory, const msg<wire::BackupChecks>& checks);

/// When all files of a backup were last read and compared; 0: never since it was made.
int64_t checked_at(wire::BackupChecks::Reader checks, uint32_t number);

/// The note with these backups found whole at `now`; with `all`, they are all of the directory.
msg<wire::BackupChecks> with_checks(const msg<wire::BackupChecks>& before, const std::vector<uint32_t>& numbers,
                                    bool all, int64_t now_unix_micros);

/// A backup for lists: with its manifest, or with what is wrong with that.
void describe_backup(const std::filesystem::path& directory, uint32_t number, wire::BackupChecks::Reader checks,
                     wire::BackupSummary::Builder out);

/// Lists the backups of a directory, the newest first.
caf::expected<msg<wire::Backups>> list_backups(const std::filesystem::path& directory, uint32_t limit);

/// Replaces a file durably; ec::storage_failed, naming it.
caf::error replace_file(const std::filesystem::path& file, std::string_view text);

} // namespace hive
