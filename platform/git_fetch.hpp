#pragma once

#include "platform/git_tree.hpp"
#include "platform/work_limit.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

namespace hive {

/// Bounds of what a repository of strangers may send.
struct fetch_limits {
  uint64_t received_bytes = uint64_t{1} << 30; ///< compressed, as sent: the whole history
  uint64_t objects = 2'000'000;                ///< of the whole history
  tree_limits tree;
};

struct fetched_tree {
  std::string commit; ///< 40 hex digits
  exported_tree written;
  uint64_t received_bytes = 0;
};

/// Fetches one commit of a repository and writes its files, and nothing else, into `directory`, which must not exist.
/// `revision` is 40 hex digits, a branch, a tag, or empty for the repository's HEAD. Follows no redirects, sends no
/// credentials, reads no configuration of git, and runs nothing of the repository. Only for a process of its own that
/// limits its memory: libgit2 inflates what it is sent before it can be asked for its size.
///
/// The caller has checked the URL (see check_fetch_url). `directory` appears only when all is on the disk; before, its
/// neighbour `directory`.partial is used, which is removed unless the process is killed.
///
/// Fails with ec::not_found for a revision or repository that does not exist, ec::too_large above a limit or when the
/// process has too little memory for an object, ec::unavailable when the repository cannot be reached, and like
/// export_tree.
caf::expected<fetched_tree> fetch_tree(const std::string& url, const std::string& revision,
                                       const std::filesystem::path& directory, const fetch_limits& limits,
                                       const work_limit& limit);

} // namespace hive
