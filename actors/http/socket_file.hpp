#pragma once

#include <caf/error.hpp>
#include <filesystem>
#include <functional>
#include <sys/types.h>

namespace hive::http {

/// The file of a Unix socket. Removed on destruction, unless another process has replaced it.
class socket_file {
public:
  socket_file() = default;
  ~socket_file();
  socket_file(const socket_file&) = delete;
  socket_file& operator=(const socket_file&) = delete;

  /// Removes a socket that a process left behind, lets `bind` make a new one at `path`, and gives it `mode`. Fails with
  /// ec::unavailable, naming the path: a process listens there, or there is a file which is no socket. Call it once.
  caf::error claim(const std::filesystem::path& path, mode_t mode, const std::function<caf::error()>& bind);

  const std::filesystem::path& path() const {
    return path_;
  }

private:
  std::filesystem::path path_; ///< empty: none was claimed
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Whether a path fits the address of a Unix socket: absolute, and of at most 107 bytes. ec::invalid otherwise.
caf::error check_socket_path(const std::filesystem::path& path);

} // namespace hive::http
