#pragma once

#include "platform/unique_fd.hpp"

#include <fcntl.h>
#include <sys/socket.h>

namespace hive {

/// Shuts down a connection that CAF reads and writes, in its destructor. Holds a duplicate descriptor: CAF may have
/// closed its own by then, and the number may belong to another connection.
class socket_shutdown_guard {
public:
  socket_shutdown_guard() = default;
  explicit socket_shutdown_guard(int socket) : fd_{::fcntl(socket, F_DUPFD_CLOEXEC, 0)} {
  }
  socket_shutdown_guard(socket_shutdown_guard&&) = default;
  socket_shutdown_guard& operator=(socket_shutdown_guard&&) = default;
  ~socket_shutdown_guard() {
    if (fd_)
      ::shutdown(fd_.get(), SHUT_RDWR);
  }

private:
  unique_fd fd_;
};

} // namespace hive
