#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <string>

namespace hive {

/// The commit that HEAD of the git repository at or above `directory` names, as 40 hex digits. Uncommitted changes do
/// not show. Fails with ec::not_found without a repository, ec::no_data before the first commit, ec::forbidden when
/// the repository belongs to another user and git is not told to trust it, ec::corrupt for what libgit2 cannot read.
caf::expected<std::string> read_head_sha(const std::filesystem::path& directory);

} // namespace hive
