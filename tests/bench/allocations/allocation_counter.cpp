// Preloaded into a program by the benchmarks: counts its allocations in the file that ALLOCATION_COUNTS names, which
// others map and read meanwhile. The file has two numbers of 64 bits: allocations, and bytes asked for. Reallocations
// count as allocations. Without the variable nothing is counted. The program's own allocator serves them.

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

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

/// The function that would be called without this library.
template <class Function>
class next_function {
public:
  explicit constexpr next_function(const char* name) : name_{name} {
  }

  template <class... Args>
  auto operator()(Args... args) {
    auto* found = found_.load(std::memory_order_relaxed);
    if (!found)
      found_.store(found = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name_)), std::memory_order_relaxed);
    return found(args...);
  }

private:
  const char* name_;
  std::atomic<Function*> found_{nullptr};
};

constinit next_function<void*(size_t)> next_malloc{"malloc"};
constinit next_function<void*(size_t, size_t)> next_calloc{"calloc"}, next_memalign{"memalign"},
  next_aligned_alloc{"aligned_alloc"};
constinit next_function<void*(void*, size_t)> next_realloc{"realloc"};
constinit next_function<int(void**, size_t, size_t)> next_posix_memalign{"posix_memalign"};

void* or_throw(void* got) {
  if (!got)
    throw std::bad_alloc{};
  return got;
}

} // namespace

extern "C" void* malloc(size_t bytes) {
  count(bytes);
  return next_malloc(bytes);
}

extern "C" void* calloc(size_t number, size_t bytes) {
  count(number * bytes);
  return next_calloc(number, bytes);
}

extern "C" void* realloc(void* old, size_t bytes) {
  count(bytes);
  return next_realloc(old, bytes);
}

extern "C" void* memalign(size_t alignment, size_t bytes) {
  count(bytes);
  return next_memalign(alignment, bytes);
}

extern "C" void* aligned_alloc(size_t alignment, size_t bytes) {
  count(bytes);
  return next_aligned_alloc(alignment, bytes);
}

extern "C" int posix_memalign(void** out, size_t alignment, size_t bytes) {
  count(bytes);
  return next_posix_memalign(out, alignment, bytes);
}

// An allocator may have operators of its own, which call no malloc.

void* operator new(size_t bytes) {
  return or_throw(malloc(bytes));
}

void* operator new[](size_t bytes) {
  return or_throw(malloc(bytes));
}

void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return malloc(bytes);
}

void* operator new[](size_t bytes, const std::nothrow_t&) noexcept {
  return malloc(bytes);
}

void* operator new(size_t bytes, std::align_val_t alignment) {
  return or_throw(memalign(static_cast<size_t>(alignment), bytes));
}

void* operator new[](size_t bytes, std::align_val_t alignment) {
  return or_throw(memalign(static_cast<size_t>(alignment), bytes));
}

void* operator new(size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return memalign(static_cast<size_t>(alignment), bytes);
}

void* operator new[](size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return memalign(static_cast<size_t>(alignment), bytes);
}
