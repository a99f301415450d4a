// Preloaded into hived by tests: while the file that STALLED_DISK names exists, no write becomes durable, and callers
// that wait for durability keep waiting. With a merely slow disk, tests would depend on how slow it is.

#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

namespace {

constexpr useconds_t poll_us = 5'000;

using sync_function = int (*)(int);

int sync_when_open(const char* name, int fd) {
  const char* stall = std::getenv("STALLED_DISK");
  while (stall && ::access(stall, F_OK) == 0)
    ::usleep(poll_us);
  return reinterpret_cast<sync_function>(::dlsym(RTLD_NEXT, name))(fd);
}

} // namespace

extern "C" int fsync(int fd) {
  return sync_when_open("fsync", fd);
}

extern "C" int fdatasync(int fd) {
  return sync_when_open("fdatasync", fd);
}
