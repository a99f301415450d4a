#pragma once

#include "platform/work_limit.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// What a change of a git repository is: its commits, and the files and lines in which they differ. Nothing of the
/// repository is run, and nothing in it decides how it is read: no hooks, filters, attributes or submodules.
namespace hive {

/// Two commits and where they parted. All ids are 40 hex digits.
struct git_range {
  std::string base;       ///< the commit named as base
  std::string head;       ///< the commit named as head
  std::string merge_base; ///< the newest commit that both have: the change is what happened since
  std::string base_tree;  ///< of merge_base
  std::string head_tree;
  std::string title; ///< first line of the head's message; printable, at most 256 bytes
};

/// Longest text of a revision.
inline constexpr size_t max_revision_bytes = 256;

/// Resolves two revisions, such as a branch, a tag, an id or `HEAD~2`. Fails like git::open; ec::not_found names a
/// revision that does not exist or is no commit; ec::conflict when the two have no commit in common, as in a clone
/// without history; ec::invalid for a text that can be no revision.
caf::expected<git_range> resolve_range(const std::filesystem::path& repository, const std::string& base,
                                       const std::string& head);

enum class file_change : uint8_t { added, deleted, modified, renamed };

/// One file that differs. Deleted and added lines as `git diff` counts them.
struct changed_file {
  std::string path;
  std::string old_path; ///< differs from `path` for a renamed file
  file_change kind = file_change::modified;
  uint64_t additions = 0;
  uint64_t deletions = 0;
  /// Whether its lines were not counted: it is binary, no file (a submodule), or larger than max_counted_bytes.
  bool uncounted = false;
};

/// Largest file whose lines are counted: far above what people write, and compared within a second.
inline constexpr uint64_t max_counted_bytes = uint64_t{4} << 20;
/// Files in one change: larger than a change of every file of a large repository.
inline constexpr size_t max_changed_files = 200'000;

/// The files that differ between merge base and head, ordered by path. Renames are found among up to 400 candidates.
/// Fails like git::open; ec::too_large above max_changed_files; ec::corrupt when an object is missing or damaged; the
/// error of `limit` when it ends the work.
caf::expected<std::vector<changed_file>> diff_range(const std::filesystem::path& repository, const git_range& range,
                                                    const work_limit& limit);

} // namespace hive
