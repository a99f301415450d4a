// Preloaded into hived by tests: the first FAILING_DISK_AFTER writes below the directory that FAILING_DISK names
// succeed, and all later ones fail with ENOSPC, as if another program had filled the disk.

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace {

std::atomic<long> done = 0;

bool is_below(const char* path) {
  static const char* directory = std::getenv("FAILING_DISK");
  return directory && path && std::strncmp(path, directory, std::strlen(directory)) == 0;
}

bool is_full() {
  static const char* after = std::getenv("FAILING_DISK_AFTER");
  if (!after || done++ < std::atol(after))
    return false;
  errno = ENOSPC;
  return true;
}

/// The path of an open file; empty when the descriptor is not one.
std::string path_of(int fd) {
  char path[4096] = {};
  auto size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path - 1);
  return size > 0 ? std::string{path, static_cast<size_t>(size)} : std::string{};
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int open_unless_full(const char* name, const char* path, int flags, mode_t mode) {
  if ((flags & O_CREAT) && is_below(path) && is_full())
    return -1;
  return next<int (*)(const char*, int, ...)>(name)(path, flags, mode);
}

mode_t mode_of(int flags, va_list rest) {
  return flags & O_CREAT ? va_arg(rest, mode_t) : 0;
}

} // namespace

extern "C" int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  auto mode = mode_of(flags, rest);
  va_end(rest);
  return open_unless_full("open", path, flags, mode);
}

extern "C" int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  auto mode = mode_of(flags, rest);
  va_end(rest);
  return open_unless_full("open64", path, flags, mode);
}

extern "C" int mkdir(const char* path, mode_t mode) {
  if (is_below(path) && is_full())
    return -1;
  return next<int (*)(const char*, mode_t)>("mkdir")(path, mode);
}

extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
  if (fd > STDERR_FILENO && is_below(path_of(fd).c_str()) && is_full())
    return -1;
  return next<ssize_t (*)(int, const void*, size_t)>("write")(fd, bytes, size);
}

extern "C" int rename(const char* from, const char* to) {
  if (is_below(to) && is_full())
    return -1;
  return next<int (*)(const char*, const char*)>("rename")(from, to);
}
