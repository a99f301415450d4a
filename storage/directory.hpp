#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <filesystem>
#include <string>
#include <utility>

namespace hive {

/// Location of the database within a data directory.
std::filesystem::path store_path(const std::filesystem::path& data_directory);

/// Location of the checkouts of running reviews within a data directory. Its content is nobody's data.
std::filesystem::path checkouts_path(const std::filesystem::path& data_directory);

/// Keeps other processes out of a data directory while it lives. It locks the directory itself, so no lock file can be
/// left behind.
class directory_lock {
public:
  directory_lock() = default;
  explicit directory_lock(int fd) : fd_{fd} {
  }
  directory_lock(directory_lock&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {
  }
  directory_lock& operator=(directory_lock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~directory_lock();

private:
  int fd_ = -1;
};

struct prepared_directory {
  directory_lock lock;
  std::string notice; ///< for the operator; empty when there is nothing to report
};

/// Ensures that `data_directory` can hold a store: it exists (created with mode 0700), is writable, is not used by
/// another process, is empty or Hivemark's own, and is not readable by other users. Tightens looser modes of the
/// directory and its content. Errors name the path: ec::invalid when it holds something else, ec::busy when in use,
/// ec::storage_failed when it cannot be written or tightened.
caf::expected<prepared_directory> prepare_directory(const std::filesystem::path& data_directory);

} // namespace hive
