#pragma once

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace hive {

/// Opens any of descriptors 0 to 2 that is closed on /dev/null. Otherwise the first files and sockets would get these
/// numbers and receive log lines. Call it before anything else. `output_flags`: O_RDWR discards output, O_RDONLY makes
/// printing fail.
inline void open_standard_descriptors(int output_flags) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    // open() returns the lowest free number, and all below `fd` are in use.
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : output_flags) != fd)
      std::_Exit(EXIT_FAILURE);
}

} // namespace hive
