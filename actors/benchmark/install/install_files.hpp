#pragma once

#include <atomic>
#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

/// The files of installed benchmarks. Below the directory of the installs:
///
///     NAME/COMMIT-NODE-NUMBER/{tree, venv}    an installed commit
///     .staging-NODE-NUMBER/{tree, venv}       one that is being installed
///     .runs-NODE-PID/NAME-NUMBER/             the copy of a tree in which a measurement runs
namespace hive::install_files {

/// Names within the directory of one install.
inline constexpr const char* tree = "tree";
inline constexpr const char* venv = "venv";

/// The directory with this name is removed together with the last reference to this object, if it was told to.
class installed_directory {
public:
  explicit installed_directory(std::filesystem::path path) : path_{std::move(path)} {
  }
  installed_directory(const installed_directory&) = delete;
  installed_directory& operator=(const installed_directory&) = delete;
  ~installed_directory();

  const std::filesystem::path& path() const {
    return path_;
  }
  /// Thread-safe.
  void remove_when_unused() {
    is_obsolete_.store(true);
  }

private:
  std::filesystem::path path_;
  std::atomic<bool> is_obsolete_ = false;
};

/// A new path for an install in work; nothing is made.
std::filesystem::path staging_path(const std::filesystem::path& directory, const std::string& node);

/// A new path for one adapter's runs, of this process.
std::filesystem::path run_path(const std::filesystem::path& directory, const std::string& node,
                               const std::string& name);

/// Sums of a tree that commands may have changed. Follows no links. ec::invalid for anything but files, directories and
/// links, such as a pipe; ec::too_large above `max_bytes` or defaults::max_install_files.
caf::expected<uint64_t> check_tree(const std::filesystem::path& root, uint64_t max_bytes);

/// Moves a finished install to its place, durably, and returns the place relative to `directory`. ec::unavailable.
caf::expected<std::string> publish(const std::filesystem::path& staged, const std::filesystem::path& directory,
                                   const std::string& node, const std::string& name, const std::string& commit);

/// Copies the regular files, directories and links below `from` to `to`, which must not exist. ec::unavailable.
caf::error copy_tree(const std::filesystem::path& from, const std::filesystem::path& to);

/// Removes what this node left in the directory: all but the installs in `kept` (relative paths) and what this process
/// runs. What belongs to other nodes stays. ec::unavailable when something is left.
caf::error remove_leftovers(const std::filesystem::path& directory, const std::string& node,
                            const std::set<std::string>& kept);

/// Removes one install and its parent if that is empty now. Errors are logged.
void remove_install(const std::filesystem::path& path);

} // namespace hive::install_files
