#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <filesystem>
#include <string>
#include <utility>

namespace hive {

/// Where the database of a data directory lies.
std::filesystem::path store_path(const std::filesystem::path& data_directory);

/// Keeps other processes out of a data directory for as long as it lives. It is a lock of the directory itself, without
/// a file that could be left behind.
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
  std::string notice; ///< what the operator should know; empty when there is nothing
};

/// Makes sure that `data_directory` may hold a store: it exists (created with mode 0700 when missing), can be written,
/// is used by nobody else, is empty or Hivemark's own, and neither it nor anything in it can be read by other users:
/// looser modes are tightened. The error names the path: ec::invalid for a directory of something else, ec::busy for
/// one in use, ec::storage_failed for one that cannot be written or tightened.
caf::expected<prepared_directory> prepare_directory(const std::filesystem::path& data_directory);

} // namespace hive
