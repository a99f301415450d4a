#pragma once

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace hive {

/// Opens descriptors 0 to 2 on /dev/null where the process was started without them: otherwise the first files and
/// sockets it opens get these numbers, and its log lines go into them. To be called before anything else.
/// `output_flags`: O_RDWR drops what is printed, O_RDONLY makes printing fail.
inline void open_standard_descriptors(int output_flags) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    // The lowest number that is free is taken, and those below `fd` are not.
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : output_flags) != fd)
      std::_Exit(EXIT_FAILURE);
}

} // namespace hive
