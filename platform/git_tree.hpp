#pragma once

#include "platform/work_limit.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// Bounds of a tree that is written to disk, which a repository of strangers may try to fill.
struct tree_limits {
  uint64_t files = 500'000;                  ///< entries of all kinds
  uint64_t bytes = uint64_t{4} << 30;        ///< of all files together
  uint64_t file_bytes = uint64_t{100} << 20; ///< of one file: the limit of the large hosts; it is held in memory
  size_t depth = 64;                         ///< nested directories
  size_t name_bytes = 255;                   ///< of one name
  bool plain_files_only = false;             ///< refuses symbolic links and submodules
};

/// What was written of a tree.
struct exported_tree {
  uint64_t files = 0;
  uint64_t bytes = 0; ///< of all files and links together
};

/// Writes the files of a tree (40 hex digits) into `directory`, which must be new or empty. Files are written byte by
/// byte as they are stored: no filters, attributes, hooks, line ends or large-file extensions. Submodules become empty
/// directories.
///
/// Fails with ec::invalid, naming the entry, for everything that could reach beyond the directory or hide in it: names
/// that are `.`, `..` or a spelling of `.git`, names with slashes or control characters, an entry twice, symbolic links
/// that are absolute or lead out of the tree, and what `plain_files_only` refuses. Fails with ec::too_large for a tree
/// above `limits`, ec::corrupt for missing or damaged objects, ec::unavailable when the directory cannot be written,
/// like git::open, and with the error of `limit`. After a failure the directory holds a part of the files.
caf::expected<exported_tree> export_tree(const std::filesystem::path& repository, const std::string& tree,
                                         const std::filesystem::path& directory, const work_limit& limit,
                                         const tree_limits& limits = {});

/// Reads one regular file of a tree, or nothing when the tree has none at that path. Fails with ec::unsupported for a
/// link or a directory, ec::too_large, ec::corrupt, and like git::open.
caf::expected<std::optional<std::string>> read_tree_file(const std::filesystem::path& repository,
                                                         const std::string& tree, const std::string& path,
                                                         uint64_t max_bytes);

/// Whether a name of a directory entry means `.git` on some file system: other case, `git~1`, trailing dots or spaces,
/// a stream of NTFS, or characters that HFS+ ignores.
bool is_git_name(std::string_view name);

/// Removes a directory with everything in it, also directories that were made inaccessible. Never follows symbolic
/// links. ec::unavailable with the system's reason when something is left.
caf::error remove_tree(const std::filesystem::path& directory);

} // namespace hive
