// Preloaded into a program by the benchmarks: counts its allocations in the file that ALLOCATION_COUNTS names, which
// others map and read meanwhile. The file has two numbers of 64 bits: allocations, and bytes asked for. Reallocations
// count as allocations. Without the variable nothing is counted.

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

// glibc's own names, so that no search for the replaced functions is needed, which itself allocates.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {

struct allocation_counts {
  std::atomic<uint64_t> allocations;
  std::atomic<uint64_t> bytes;
};

std::atomic<allocation_counts*> counts{nullptr};

void map_counts(const char* path) {
  int fd = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, sizeof(allocation_counts)) != 0)
    std::abort();
  void* mapped = ::mmap(nullptr, sizeof(allocation_counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapped == MAP_FAILED)
    std::abort();
  counts.store(static_cast<allocation_counts*>(mapped));
}

// Programs that the counted one starts inherit neither the counter nor its file.
[[gnu::constructor]] void begin() {
  if (const char* path = std::getenv("ALLOCATION_COUNTS")) {
    map_counts(path);
    ::unsetenv("ALLOCATION_COUNTS");
    ::unsetenv("LD_PRELOAD");
  }
}

void count(size_t bytes) {
  if (auto* all = counts.load(std::memory_order_relaxed)) {
    all->allocations.fetch_add(1, std::memory_order_relaxed);
    all->bytes.fetch_add(bytes, std::memory_order_relaxed);
  }
}

} // namespace

extern "C" void* malloc(size_t bytes) {
  count(bytes);
  return __libc_malloc(bytes);
}

extern "C" void* calloc(size_t number, size_t bytes) {
  count(number * bytes);
  return __libc_calloc(number, bytes);
}

extern "C" void* realloc(void* old, size_t bytes) {
  count(bytes);
  return __libc_realloc(old, bytes);
}

extern "C" void* memalign(size_t alignment, size_t bytes) {
  count(bytes);
  return __libc_memalign(alignment, bytes);
}

extern "C" void* aligned_alloc(size_t alignment, size_t bytes) {
  return memalign(alignment, bytes);
}

extern "C" int posix_memalign(void** out, size_t alignment, size_t bytes) {
  void* got = memalign(alignment, bytes);
  if (!got)
    return ENOMEM;
  *out = got;
  return 0;
}
