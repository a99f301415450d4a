#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

/// What jemalloc reads at its start, where it is linked. Memory that a burst of requests took goes back to the system
/// within seconds, also when nothing allocates any more, for which jemalloc needs a thread of its own.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf =
  "narenas:4,background_thread:true,max_background_threads:1,dirty_decay_ms:2000,muzzy_decay_ms:0";

/// jemalloc's; null where it is not linked.
int mallctl(const char* name, void* old, size_t* old_length, void* value, size_t length) __attribute__((weak));
}

namespace {

/// Creates the arenas before there are threads. jemalloc 5.3 creates one when a thread first needs it, and the process
/// ends with SIGSEGV when there is no memory for it; a failed allocation from an arena that exists is std::bad_alloc.
[[maybe_unused]] const bool arenas_exist = [] {
  if (!mallctl)
    return false;
  constexpr unsigned count = 4;              // narenas above
  for (unsigned arena = count; arena-- > 0;) // the main thread stays with the first
    if (mallctl("thread.arena", nullptr, nullptr, &arena, sizeof arena) != 0) {
      dprintf(STDERR_FILENO, "%s ends: there is no memory for its allocator (see ulimit -v)\n",
              program_invocation_short_name);
      _exit(EXIT_FAILURE);
    }
  return true;
}();

} // namespace
