#pragma once

#include "platform/unique_fd.hpp"

#include <fcntl.h>
#include <sys/socket.h>

namespace hive {

/// Ends a connection that CAF reads and writes: keeps a descriptor of its own, so that the number cannot be another
/// connection's by then.
class connection_cutter {
public:
  connection_cutter() = default;
  explicit connection_cutter(int socket) : fd_{::fcntl(socket, F_DUPFD_CLOEXEC, 0)} {
  }
  connection_cutter(connection_cutter&&) = default;
  connection_cutter& operator=(connection_cutter&&) = default;
  ~connection_cutter() {
    if (fd_)
      ::shutdown(fd_.get(), SHUT_RDWR);
  }

private:
  unique_fd fd_;
};

} // namespace hive
