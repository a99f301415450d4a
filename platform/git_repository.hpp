#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <git2.h>
#include <memory>
#include <string>

/// Owners of libgit2's objects. Only for the sources of platform/ that read repositories.
namespace hive::git {

template <auto Free>
struct deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using repository = std::unique_ptr<git_repository, deleter<git_repository_free>>;
using object = std::unique_ptr<git_object, deleter<git_object_free>>;
using commit = std::unique_ptr<git_commit, deleter<git_commit_free>>;
using tree = std::unique_ptr<git_tree, deleter<git_tree_free>>;
using tree_entry = std::unique_ptr<git_tree_entry, deleter<git_tree_entry_free>>;
using blob = std::unique_ptr<git_blob, deleter<git_blob_free>>;
using odb = std::unique_ptr<git_odb, deleter<git_odb_free>>;
using reference = std::unique_ptr<git_reference, deleter<git_reference_free>>;
using remote = std::unique_ptr<git_remote, deleter<git_remote_free>>;
using diff = std::unique_ptr<git_diff, deleter<git_diff_free>>;
using patch = std::unique_ptr<git_patch, deleter<git_patch_free>>;

/// Largest block of memory that libgit2 gets. Larger objects fail to be read, whatever they would be inflated to.
inline constexpr size_t max_allocation_bytes = size_t{256} << 20;

/// Initialises libgit2 with this bound. Called before its other functions; `open` does it by itself.
void init_library();

/// Opens the repository at or above `directory`. Fails with ec::not_found without one, ec::forbidden when another user
/// owns it and git does not trust it, and ec::corrupt when libgit2 cannot read it.
caf::expected<repository> open(const std::filesystem::path& directory);

/// libgit2's reason for the last failure on this thread.
std::string last_error();

/// The id as 40 hex digits.
inline std::string hex(const git_oid& id) {
  return git_oid_tostr_s(&id);
}

} // namespace hive::git
