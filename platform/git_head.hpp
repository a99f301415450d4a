#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <string>

namespace hive {

/// The commit of HEAD in the git repository at or above `directory`, as 40 hex digits; uncommitted changes are ignored.
/// Fails with ec::not_found without a repository, ec::no_data before the first commit, ec::forbidden when another user
/// owns the repository and git does not trust it, and ec::corrupt when libgit2 cannot read it.
caf::expected<std::string> read_head_sha(const std::filesystem::path& directory);

} // namespace hive
